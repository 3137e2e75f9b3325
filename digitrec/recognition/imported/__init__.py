"""Models that were trained elsewhere, with their own inputs and outputs."""
