"""Training data: loading, splitting, and generating the examples of an epoch."""
