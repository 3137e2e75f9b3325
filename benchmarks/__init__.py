"""The benchmarks behind the README's figures, beside ``python -m digitrec benchmark``."""
