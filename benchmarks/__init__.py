"""The benchmarks behind the README's figures, in addition to ``python -m digitrec benchmark``."""
