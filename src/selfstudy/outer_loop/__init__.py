"""The outer loop: the editor learns to write better notes."""
