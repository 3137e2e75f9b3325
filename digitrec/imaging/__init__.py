"""Pixels only: from a picture or strokes to the 28x28 that a network reads."""
