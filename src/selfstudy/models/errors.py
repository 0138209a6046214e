"""The one error of this room."""


class ModelError(ValueError):
    """A model that cannot be used. One line: what is wrong, with which file or name, and what to do."""
