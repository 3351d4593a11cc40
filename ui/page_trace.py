"""The trace of a turn as the page shows it: the calls with what they reported, and where the time went. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

_STAGES = ("load", "plan", "tools", "tell")
_WITHIN = ("embed", "search", "cf", "graph", "fuse", "diversify", "evidence")
"""Parts of 'tools'."""
_LONGEST = 160


class Ran(BaseModel):
    """One call as it is kept (`agent.trace.step_record`)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tool: str
    arguments: dict[str, object] = {}
    observed: tuple[str, ...] = ()
    ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Call:
    """One call for people: 'search', 'filters: …', 'found 5 of 962'."""

    tool: str
    arguments: tuple[tuple[str, str], ...]
    observed: str
    ms: str


@dataclass(frozen=True, slots=True)
class Bar:
    """Time of a stage; `percent` of the whole turn, 0-100, starting at `offset`."""

    stage: str
    ms: str
    offset: float
    percent: float
    part: bool
    """A part of the stage above it."""


@dataclass(frozen=True, slots=True)
class TraceView:
    """Everything that the disclosure under a reply holds."""

    tier: str
    total: str
    calls: tuple[Call, ...]
    bars: tuple[Bar, ...]
    notes: tuple[str, ...]


def trace_view(
    ran: Sequence[Ran], timings_ms: Mapping[str, float], tier: str, notes: Sequence[str] = ()
) -> TraceView | None:
    """Lay a trace out; None for a turn that left none."""
    total = timings_ms.get("turn", 0.0)
    if total <= 0:
        return None
    return TraceView(tier, _ms(total), tuple(_call(r) for r in ran), tuple(_bars(timings_ms, total)), tuple(notes))


def _call(ran: Ran) -> Call:
    given = tuple((name, _text(value)) for name, value in ran.arguments.items())
    return Call(ran.tool, given, ", ".join(ran.observed), _ms(ran.ms))


def _bars(timings_ms: Mapping[str, float], total: float) -> list[Bar]:
    """Stages one after the other, each starting where the one before it ended."""
    bars: list[Bar] = []
    start = 0.0
    for stage in _STAGES:
        took = timings_ms.get(stage, 0.0)
        bars.append(_bar(stage, start, took, total))
        if stage == "tools":
            inner = start
            for part in _WITHIN:
                bars += [_bar(part, inner, timings_ms[part], total, part=True)] if part in timings_ms else []
                inner += timings_ms.get(part, 0.0)
        start += took
    return bars


def _bar(stage: str, start: float, took: float, total: float, *, part: bool = False) -> Bar:
    offset = min(100 * start / total, 100.0)
    return Bar(stage, _ms(took), round(offset, 2), round(min(100 * took / total, 100 - offset), 2), part)


def _text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _ms(value: float) -> str:
    return f"{value / 1000:.1f} s" if value >= 1000 else f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"
