"""What several pages share: the current user, the history, loaded models, notices and names."""
