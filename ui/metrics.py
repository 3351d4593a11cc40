"""What a server counts, in the Prometheus text format. No text, user or session is in it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from agent.types import Done, Event, Failed, Planned

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._turns = Counter(
            "sommelier_turns",
            "Turns by how they ended (ok, failed, interrupted, crashed) and who planned and told.",
            ("catalog", "outcome", "tier"),
            registry=self._registry,
        )
        self._failures = Counter(
            "sommelier_failures",
            "Turns and requests that failed, by error code.",
            ("code",),
            registry=self._registry,
        )
        self._notes = Counter(
            "sommelier_model_notes",
            "What happened to a language model's answers: fell to the next rung; repaired, dropped, completed by code.",
            ("catalog", "kind"),
            registry=self._registry,
        )
        self._stages = Histogram(
            "sommelier_stage_seconds",
            "Wall time of finished turns per stage; stage 'turn' is the whole.",
            ("catalog", "stage"),
            buckets=_SECONDS,
            registry=self._registry,
        )

    async def watch(self, catalog: str, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """Pass a turn's events on and count how it ends, once; closes `events`."""
        outcome, tier = "interrupted", ""
        try:
            async with aclosing(events):
                async for event in events:
                    match event:
                        case Planned():
                            tier = event.tier
                        case Done():
                            outcome, tier = "ok", event.tier
                            self._time(catalog, event)
                            for note in event.notes:
                                self._notes.labels(catalog, note.kind).inc()
                        case Failed():
                            outcome = "failed"
                            self.failed(event.code)
                    yield event
        except Exception:
            outcome = "crashed"
            raise
        finally:
            self._turns.labels(catalog, outcome, tier).inc()

    def failed(self, code: str) -> None:
        """Count a failure."""
        self._failures.labels(code).inc()

    def exposition(self) -> bytes:
        """Everything counted so far, as Prometheus reads it."""
        return generate_latest(self._registry)

    def _time(self, catalog: str, done: Done) -> None:
        for stage, ms in done.timings_ms.items():
            self._stages.labels(catalog, stage).observe(ms / 1e3)
