"""The Explore page: how a model handles one drawing, and why."""
