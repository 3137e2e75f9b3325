from digitrec.server.circuit_breaker import CircuitBreaker


def test_breaker_opens_on_failure_and_closes_by_itself(monkeypatch):
    now = 100.0
    monkeypatch.setattr("digitrec.server.circuit_breaker.monotonic", lambda: now)
    breaker = CircuitBreaker(2.0)
    assert not breaker.is_open

    breaker.record_failure()
    assert breaker.is_open
    now = 101.9
    assert breaker.is_open
    now = 102.0
    assert not breaker.is_open
