"""What the server counts and times, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

# Not the library's own registry, so that nothing is told but this.
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

REQUESTS = Counter("digitrec_requests", "Requests to the API", ["path", "status"], registry=REGISTRY)
VERDICTS = Counter("digitrec_verdicts", "Drawings and pictures read", ["source", "verdict"], registry=REGISTRY)
REFUSALS = Counter("digitrec_refusals", "Pictures that cannot be read", ["reason"], registry=REGISTRY)
REJECTED = Counter("digitrec_rejected", "Readings put off, by a limit or by the queue", ["by"], registry=REGISTRY)
UNSAVED = Counter("digitrec_records_not_kept", "Tries at keeping a record that came to nothing", registry=REGISTRY)
QUEUE = Gauge("digitrec_queue_length", "Pictures that wait or are being read", registry=REGISTRY)
STAGES = Histogram(
    "digitrec_stage_seconds",
    "How long each stage takes: turn (of a page), wait, preprocess, infer, record",
    ["stage"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=REGISTRY,
)
