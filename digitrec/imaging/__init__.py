"""Image processing: from an image file or strokes to the input of a network."""
