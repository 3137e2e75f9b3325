"""Prometheus metrics of the server."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

# The library's default registry would add metrics of the Python interpreter.
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

REQUESTS = Counter("digitrec_requests", "API requests", ["path", "status"], registry=REGISTRY)
VERDICTS = Counter("digitrec_verdicts", "Predictions by input and verdict", ["source", "verdict"], registry=REGISTRY)
REFUSALS = Counter("digitrec_refusals", "Images that could not be read", ["reason"], registry=REGISTRY)
REJECTED = Counter("digitrec_rejected", "Requests turned away, by the kind of limit", ["by"], registry=REGISTRY)
UNSAVED = Counter("digitrec_records_not_kept", "Failed attempts to save a prediction", registry=REGISTRY)
QUEUE = Gauge("digitrec_queue_length", "Page runs, previews and API images in progress or waiting", registry=REGISTRY)
STAGES = Histogram(
    "digitrec_stage_seconds",
    "Duration of each stage: wait (for a slot), preprocess, infer, record",
    ["stage"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=REGISTRY,
)
