"""Figures for operators in Prometheus' text format, from a registry of our own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

LAG_SAMPLE_S = 0.5
_LAG_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Figure:
    """One figure read when somebody asks. `labels` tell apart the values of one name."""

    name: str
    help: str
    kind: Literal["gauge", "counter"]
    value: float
    labels: Mapping[str, str] | None = None


class Metrics:
    """What the server counts itself, and sources that are asked at the time of the scrape."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._sources: list[Callable[[], Iterable[Figure]]] = []
        ProcessCollector(registry=self._registry)
        self._registry.register(_Asked(self._sources))
        self.requests = Counter(
            "tongke_http_requests", "HTTP requests by status class", ["status"], registry=self._registry
        )
        self._answered: dict[int, Counter] = {}
        self.lag = Histogram(
            "tongke_event_loop_lag_seconds",
            "How late a timer of the event loop fired",
            buckets=_LAG_BUCKETS,
            registry=self._registry,
        )

    def answered(self, status: int) -> None:
        """Counts a request by the class of its answer's status."""
        count = self._answered.get(status // 100)
        if count is None:
            count = self._answered[status // 100] = self.requests.labels(f"{status // 100}xx")
        count.inc()

    def add_source(self, source: Callable[[], Iterable[Figure]]) -> None:
        """Asks `source` for its figures at every scrape."""
        self._sources.append(source)

    def text(self) -> bytes:
        """The exposition, in Prometheus' text format 0.0.4."""
        return generate_latest(self._registry)

    async def watch_lag(self) -> None:
        """Samples the event loop's lag until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_SAMPLE_S
            await asyncio.sleep(LAG_SAMPLE_S)
            self.lag.observe(max(0.0, loop.time() - due))


class _Asked(Collector):
    """Turns the sources' figures into metric families, one for each name."""

    def __init__(self, sources: list[Callable[[], Iterable[Figure]]]) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
        for source in self._sources:
            for figure in source():
                labels = dict(figure.labels or {})
                family = families.get(figure.name)
                if family is None:
                    make = GaugeMetricFamily if figure.kind == "gauge" else CounterMetricFamily
                    family = families[figure.name] = make(figure.name, figure.help, labels=list(labels))
                family.add_metric(list(labels.values()), figure.value)
        yield from families.values()
