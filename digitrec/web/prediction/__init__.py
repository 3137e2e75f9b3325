"""Elements that show a prediction, shared by several pages."""
