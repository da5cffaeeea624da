"""What is counted, in the text form that Prometheus reads (its exposition format, version 0.0.4)."""

import bisect
import threading
from collections.abc import Iterator

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0)
_COUNTERS = {
    "requests_total": "Requests by path and status.",
    "tasks_total": "Tasks by what became of them: answered, later, unreadable.",
    "spans_total": "Spans by what became of them: shown, or left out because the page lacks their label.",
    "predictions_stored_total": "Predictions that were sent through the API after their request.",
    "webhooks_total": "Events by action.",
    "training_runs_total": "Training runs by how they ended.",
}


class Metrics:
    """Counters and the times of requests. Threads may count at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, dict[str, float]] = {name: {} for name in _COUNTERS}
        self._times: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def count(self, name: str, by: float = 1, **labels: str) -> None:
        """Adds to one of the counters; labels tell its series apart."""
        key = _labels(labels)
        with self._lock:
            self._counts[name][key] = self._counts[name].get(key, 0) + by

    def time(self, path: str, seconds: float) -> None:
        """Notes how long a request to that path took."""
        with self._lock:
            buckets = self._times.setdefault(path, [0] * (len(_BOUNDS) + 1))
            buckets[bisect.bisect_left(_BOUNDS, seconds)] += 1
            self._sums[path] = self._sums.get(path, 0.0) + seconds

    def text(self, *, gauges: dict[str, float], version: str) -> str:
        """All of it, with the given values of now."""
        with self._lock:
            return "\n".join([*self._counter_lines(), *self._time_lines(), *_gauge_lines(gauges, version)]) + "\n"

    def _counter_lines(self) -> Iterator[str]:
        for name, meaning in _COUNTERS.items():
            yield from _head(name, meaning, "counter")
            for key, value in sorted(self._counts[name].items()):
                yield f"workbench_{name}{key} {value:g}"

    def _time_lines(self) -> Iterator[str]:
        name = "request_seconds"
        yield from _head(name, "How long requests took, by path.", "histogram")
        for path, buckets in sorted(self._times.items()):
            reached = 0
            for bound, number in zip((*map(str, _BOUNDS), "+Inf"), buckets, strict=True):
                reached += number
                yield f"workbench_{name}_bucket{_labels({'path': path, 'le': bound})} {reached}"
            yield f"workbench_{name}_sum{_labels({'path': path})} {self._sums[path]:.6f}"
            yield f"workbench_{name}_count{_labels({'path': path})} {reached}"


def _gauge_lines(gauges: dict[str, float], version: str) -> Iterator[str]:
    for name, value in gauges.items():
        yield from _head(name, "", "gauge")
        yield f"workbench_{name} {value:g}"
    yield from _head("model_info", "The model that answers.", "gauge")
    yield f"workbench_model_info{_labels({'version': version})} 1"


def _head(name: str, meaning: str, kind: str) -> Iterator[str]:
    if meaning:
        yield f"# HELP workbench_{name} {meaning}"
    yield f"# TYPE workbench_{name} {kind}"


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    escaped = (value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for value in labels.values())
    return "{" + ",".join(f'{name}="{value}"' for name, value in zip(labels, escaped, strict=True)) + "}"
