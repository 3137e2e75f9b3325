"""Shared by several pages: the current user, the history, loaded models, notices and names."""
