"""Statistics of the saved predictions as data frames, and the Altair charts made of them."""
