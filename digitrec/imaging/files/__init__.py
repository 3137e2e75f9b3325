"""Image files: decode them, in separate processes if they come from users, and encode them."""
