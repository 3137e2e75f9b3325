"""What the README's figures come from, beside ``python -m digitrec benchmark``."""
