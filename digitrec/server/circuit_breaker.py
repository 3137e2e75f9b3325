"""A circuit breaker for services that this process depends on."""

from time import monotonic


class CircuitBreaker:
    """Lets callers skip a service for some seconds after a failure, instead of each waiting for a timeout."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the service failed so recently that callers should skip it."""
        return monotonic() < self._open_until

    def record_failure(self) -> None:
        """Open the breaker."""
        self._open_until = monotonic() + self._seconds
