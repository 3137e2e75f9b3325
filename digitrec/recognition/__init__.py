"""Recognition with LiteRT models: from an image to a prediction."""
