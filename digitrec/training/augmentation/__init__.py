"""Training-time variation of strokes, scans, photos and lines, and images that show no digit."""
