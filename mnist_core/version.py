"""The version of Digit Lab, in one place: pyproject.toml reads it here."""

__version__ = "1.0.0"
