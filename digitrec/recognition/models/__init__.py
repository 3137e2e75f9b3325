"""Models on disk: their cards, layers and known weaknesses."""
