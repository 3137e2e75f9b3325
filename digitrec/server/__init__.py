"""The server process: logging, metrics, rate limits, admission and middleware."""
