"""Retrieval over passages: the baseline to stand beside."""
