"""How long the stages of a retrieval take."""

from dataclasses import dataclass, field
from time import perf_counter


@dataclass(slots=True)
class Clock:
    """Milliseconds per stage."""

    laps: dict[str, float] = field(default_factory=dict)
    start: float = field(default_factory=perf_counter)
    last: float = field(default_factory=perf_counter)

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = perf_counter()
        self.laps[stage] = self.laps.get(stage, 0.0) + 1000 * (now - self.last)
        self.last = now

    def stop(self) -> dict[str, float]:
        """Return the stages, and the total."""
        return self.laps | {"total": 1000 * (perf_counter() - self.start)}
