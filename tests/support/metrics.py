"""The metrics of this process."""

from digitrec.server.metrics import REGISTRY


def metric(name, **labels):
    """Return the value of a metric, 0 if it was never counted."""
    return REGISTRY.get_sample_value(name, labels) or 0
