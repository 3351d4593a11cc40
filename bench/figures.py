"""What a run measures of one catalogue, and the file that keeps the figures of all of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from agent.config import ROOT

FOLDER = ROOT / "docs" / "bench"
RESULTS = FOLDER / "results.json"


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Quantiles(_Figures):
    """Milliseconds over n measurements."""

    p50: float
    p95: float
    n: int

    @classmethod
    def of(cls, laps: Sequence[float]) -> "Quantiles":
        """Summarise laps in milliseconds; at least one."""
        p50, p95 = np.percentile(laps, [50, 95])
        return cls(p50=round(float(p50), 2), p95=round(float(p95), 2), n=len(laps))


class Built(_Figures):
    """One build, in a process of its own."""

    seconds: float
    stages: Mapping[str, float]
    """Seconds; storing and learning run side by side."""
    peak_mib: float
    """The most memory the process ever held."""
    disk_mib: Mapping[str, float]
    """By part of the index."""
    interactions: int
    people: int
    cf: str
    encoder_per_s: float
    """Texts that the real encoder embeds in a second."""


class Crowd(_Figures):
    """Many people who chat at once in one process."""

    people: int
    turns: int
    seconds: float
    turn: Quantiles

    @property
    def per_s(self) -> float:
        """Turns per second."""
        return self.turns / self.seconds


class Served(_Figures):
    """The opened index, in a process of its own, and its turns on the rules tier."""

    load_s: float
    resident_mib: float
    """After the turns; memory-mapped files that were read count."""
    anonymous_mib: float
    """The same without memory-mapped files: what the machine cannot take back."""
    turn: Quantiles
    fetch: Quantiles
    """Turns that look for items."""
    stages: Mapping[str, Quantiles]
    """Over the turns that have the stage."""
    share: Mapping[str, float]
    """Mean milliseconds of each stage over all turns."""
    k: int
    """What a turn asks Chroma for, at least."""
    bare: Quantiles
    """Bare Chroma queries of that k, one after each turn."""
    crowd: Crowd

    @property
    def ratio(self) -> float:
        """How many bare Chroma queries a turn takes, by medians."""
        return self.turn.p50 / self.bare.p50


class Measured(_Figures):
    """All figures of one catalogue."""

    name: str
    items: int
    at: str
    """When, ISO 8601."""
    load: float
    """The machine's load average before the run: above 1 the figures are too slow."""
    built: Built
    served: Served
    ready_s: float
    """A server of this catalogue, from its start until it is ready."""
    server_mib: float
    """Its resident memory after ten turns."""


class Results(_Figures):
    """The newest figures of each catalogue, by name."""

    machine: str = ""
    measured: Mapping[str, Measured] = {}

    def ordered(self) -> list[Measured]:
        """Smallest first."""
        return sorted(self.measured.values(), key=lambda m: (m.items, m.name))

    def replaced(self, new: Measured, machine: str) -> "Results":
        """These with the new figures of one catalogue."""
        return Results(machine=machine, measured={**self.measured, new.name: new})

    def write(self, path: Path = RESULTS) -> None:
        """Keep them as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read_results(path: Path = RESULTS) -> Results:
    """Read what was kept; nothing where there is nothing."""
    return Results.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else Results()
