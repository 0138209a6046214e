"""Files → clean text → passages."""
