"""Vary strokes, scans, photos and lines in training, and generate non-digits; none of it is normalized yet."""
