"""Data and experiment definitions, a folder a domain."""
