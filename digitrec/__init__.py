"""Recognize handwritten digits, with the confidence of each prediction and the steps that led to it."""

__version__ = "0.1.0"
