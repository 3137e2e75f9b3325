"""Training-time variation of strokes, scans, photos and lines, and images that show no digit.

Everything here returns ink (or a photo) that is not normalized yet: it goes through the app's own preprocessing.
"""
