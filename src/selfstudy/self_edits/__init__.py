"""Formats of self-edits: how notes are asked for, read into rows, and filtered.

No model here: callables are handed in.
"""
