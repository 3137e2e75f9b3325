"""What the server process needs: logging, metrics, rate limits, admission and middleware."""
