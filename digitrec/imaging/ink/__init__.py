"""Ink: find that of one digit in a photo or scan, and tell it from paper, printed lines and frames."""
