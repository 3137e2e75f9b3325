"""The Explore page: what a model does with one drawing, and why."""
