"""Training examples: data sets, splits and batches."""
