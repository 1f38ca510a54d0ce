"""Counters in Prometheus' text format, under TensorFlow Serving's names.

Its names begin with a colon and its counters do not end in `_total`, both of which
Prometheus' own Python client refuses; the format is a few lines of text.

Reference:
    https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import bisect
import threading
from collections.abc import Iterable, Mapping

from tfapp.serving.exchange import Exchange
from tfapp.serving.status import Status

PREFIX = ":tensorflow:serving:"
LATENCY_BUCKETS = tuple(10 * 1.8**k for k in range(33))
"""Microseconds; TensorFlow Serving's, so that dashboards fit."""
SIZE_BUCKETS = tuple(float(2**k) for k in range(11))

Labels = tuple[tuple[str, str], ...]


class Counter:
    """A number for each combination of labels that only grows."""

    kind = "counter"

    def __init__(self, name: str, description: str) -> None:
        self.name, self.description = name, description
        self._values: dict[Labels, float] = {}
        self._lock = threading.Lock()

    def add(self, amount: float = 1, **labels: str) -> None:
        """Let the number of these labels grow."""
        key = tuple(labels.items())
        with self._lock:
            self._values[key] = self._values.get(key, 0) + amount

    def lines(self) -> Iterable[str]:
        """Yield the samples."""
        with self._lock:
            samples = sorted(self._values.items())
        return [f"{self.name}{_braces(key)} {value:g}" for key, value in samples]


class Histogram:
    """Counts below growing bounds, for each combination of labels."""

    kind = "histogram"

    def __init__(self, name: str, description: str, bounds: tuple[float, ...]) -> None:
        self.name, self.description, self._bounds = name, description, bounds
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        self._lock = threading.Lock()

    def observe(self, value: float, **labels: str) -> None:
        """Count a value."""
        key = tuple(labels.items())
        with self._lock:
            counts = self._counts.setdefault(key, [0] * (len(self._bounds) + 1))
            counts[bisect.bisect_left(self._bounds, value)] += 1
            self._sums[key] = self._sums.get(key, 0.0) + value

    def lines(self) -> Iterable[str]:
        """Yield the samples: cumulative buckets, sum and count."""
        with self._lock:
            histograms = [
                (k, list(v), self._sums[k]) for k, v in sorted(self._counts.items())
            ]
        names = [*(f"{bound:g}" for bound in self._bounds), "+Inf"]
        for key, counts, total in histograms:
            below = 0
            for name, count in zip(names, counts, strict=True):
                below += count
                yield f"{self.name}_bucket{_braces((*key, ('le', name)))} {below}"
            yield f"{self.name}_sum{_braces(key)} {total:g}"
            yield f"{self.name}_count{_braces(key)} {below}"


class Metrics:
    """Everything that is counted."""

    def __init__(self) -> None:
        self.requests = Counter(
            f"{PREFIX}request_count", "The total number of requests."
        )
        self.request_latency = Histogram(
            f"{PREFIX}request_latency",
            "Microseconds from a request to its answer.",
            LATENCY_BUCKETS,
        )
        self.runtime_latency = Histogram(
            f"{PREFIX}runtime_latency",
            "Microseconds in queue and model.",
            LATENCY_BUCKETS,
        )
        self.example_counts = Histogram(
            f"{PREFIX}request_example_counts", "Rows of a request.", SIZE_BUCKETS
        )
        self.example_total = Counter(
            f"{PREFIX}request_example_count_total", "Rows of all requests."
        )
        self.batch_size = Histogram(
            ":tfapp:batch_size", "Rows of a call of the model.", SIZE_BUCKETS
        )
        self.call_latency = Histogram(
            ":tfapp:call_latency",
            "Microseconds of a call of the model.",
            LATENCY_BUCKETS,
        )

    def called(self, model: str, rows: int, seconds: float) -> None:
        """Record one call of a model."""
        self.batch_size.observe(rows, model_name=model)
        self.call_latency.observe(seconds * 1e6, model_name=model)

    def finished(self, exchange: Exchange) -> None:
        """Record one request."""
        model = exchange.model
        if not model:  # never got as far as a model that exists
            return
        self.requests.add(model_name=model, status=exchange.status.name)
        succeeded = exchange.status is Status.OK
        if succeeded or exchange.entrypoint != "REST":
            self.request_latency.observe(
                exchange.seconds * 1e6,
                model_name=model,
                API=exchange.api,
                entrypoint=exchange.entrypoint,
            )
        if succeeded and exchange.runtime_seconds:
            runtime = exchange.runtime_seconds * 1e6
            self.runtime_latency.observe(
                runtime, model_name=model, API=exchange.api, runtime="TF2"
            )
            self.example_counts.observe(exchange.rows, model=model)
            self.example_total.add(exchange.rows, model=model)

    def text(self, queue_depths: Mapping[str, int]) -> str:
        """Return all samples in Prometheus' text format.

        Args:
            queue_depths: rows that wait at this moment, by model.
        """
        lines: list[str] = []
        for metric in vars(self).values():
            lines += _head(metric.name, metric.description, metric.kind)
            lines += metric.lines()
        lines += _head(":tfapp:queue_depth", "Rows that wait for a call.", "gauge")
        for model, depth in sorted(queue_depths.items()):
            lines.append(
                f":tfapp:queue_depth{_braces((('model_name', model),))} {depth}"
            )
        return "\n".join(lines) + "\n"


def _head(name: str, description: str, kind: str) -> list[str]:
    return [f"# HELP {name} {description}", f"# TYPE {name} {kind}"]


def _braces(labels: Labels) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
