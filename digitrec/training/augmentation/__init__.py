"""Vary strokes, scans, photos and lines for training, and generate non-digits. The results aren't normalized yet."""
