"""The agent over a real vLLM server: `make test-vllm`. `make test` leaves them out, for they take minutes."""
