"""What the server counts and times, for Prometheus."""

from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest

REGISTRY: Final = CollectorRegistry()
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

REQUESTS: Final = Counter(
    "tripkit_http_requests", "Requests answered.", ("method", "route", "status"), registry=REGISTRY
)
DURATION: Final = Histogram(
    "tripkit_http_request_duration_seconds",
    "Time from the request's head to its answer.",
    ("method", "route"),
    registry=REGISTRY,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REFUSALS: Final = Counter("tripkit_ratelimit_refusals", "Requests over a limit.", ("rule",), registry=REGISTRY)
DEGRADED: Final = Counter(
    "tripkit_ratelimit_degraded", "Decisions made without the store of counters.", ("rule",), registry=REGISTRY
)
EVICTIONS: Final = Counter(
    "tripkit_ratelimit_evictions", "Used-up limits that were dropped for want of room.", registry=REGISTRY
)
MAIL: Final = Counter("tripkit_mail", "Messages, by what became of a try to send them.", ("result",), registry=REGISTRY)


def count_refusal(rule: str) -> None:
    """Count one request that was over the limit of this rule."""
    REFUSALS.labels(rule).inc()


def count_degraded(rule: str) -> None:
    """Count one decision on this rule that was made while the store of counters was away."""
    DEGRADED.labels(rule).inc()


def count_eviction() -> None:
    """Count one counter at its limit that had to make room: its client may go on too early."""
    EVICTIONS.inc()


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request. `route` is the template, so that ids do not become labels.

    Nor does a method that a client made up: each label is kept for good.
    """
    method = method if method in _METHODS else "(other)"
    _requests(method, route, status).inc()
    _duration(method, route).observe(seconds)


@cache
def _requests(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, status)


@cache
def _duration(method: str, route: str) -> Histogram:
    return DURATION.labels(method, route)


def exposition() -> bytes:
    """Everything, in the text format of Prometheus."""
    return generate_latest(REGISTRY)
