"""Storage: predictions and users in a database, images in files or an object store."""
