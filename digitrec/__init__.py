"""Reads handwritten digits, says how sure it is, and shows every step that led there."""

__version__ = "0.1.0"
