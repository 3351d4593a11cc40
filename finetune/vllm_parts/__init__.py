"""What a vLLM server imports of ours (its PYTHONPATH names this folder): nothing here may import the project."""
