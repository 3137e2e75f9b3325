"""Finding, straightening and segmenting a line of digits."""
