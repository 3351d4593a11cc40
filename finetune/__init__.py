"""Training of the language model behind the agent's port, on the prompts and tools that serving uses."""
