"""How a prediction is shown on every page."""
