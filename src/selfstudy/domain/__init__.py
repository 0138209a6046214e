"""The nouns of the project: frozen dataclasses, nothing but the standard library."""
