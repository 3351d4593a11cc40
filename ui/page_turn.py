"""A turn as a sequence of pictures: each says everything that is on the screen at that moment. No logic of its own."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, assert_never

from agent.languages import DEFAULT
from agent.observations import Compared, Nothing, Observation, Question, Supposed
from agent.trace import step_record
from agent.types import Card, Done, Event, Failed, Observed, Planned, Recommended, TextDelta
from retrieval.types import Item, Spread
from ui.page_trace import Ran, TraceView, trace_view

_BETWEEN_PICTURES = 0.05
"""Seconds; faster than this, a stream of words costs more than it shows."""

Phase: TypeAlias = Literal["waiting", "looking", "telling", "done", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the person said and what came back so far. `error` is for people, `code` for reports."""

    said: str
    phase: Phase = "waiting"
    reply: str = ""
    cards: tuple[Card, ...] = ()
    tier: str = ""
    error: str = ""
    code: str = ""
    language: str = DEFAULT
    trace: TraceView | None = None
    compared: tuple[Item, ...] = ()
    """Items that stand side by side."""
    spread: Spread | None = None
    """What diversity did to the list."""
    open: tuple[Observation, ...] = ()
    """What the person may answer."""

    @property
    def busy(self) -> bool:
        """Whether more is to come."""
        return self.phase in ("waiting", "looking", "telling")

    def failed(self, code: str, error: str) -> "Exchange":
        """The same, ended by an error."""
        return replace(self, phase="failed", code=code, error=error)


async def pictures(said: str, events: AsyncIterator[Event]) -> AsyncGenerator[Exchange, None]:
    """Fold the events of a turn into what to show, at most one picture per interval while text streams."""
    now, shown_at = Exchange(said), 0.0
    async for event in events:
        now = after(event, now)
        if isinstance(event, TextDelta) and time.monotonic() - shown_at < _BETWEEN_PICTURES:
            continue
        shown_at = time.monotonic()
        yield now


def after(event: Event, now: Exchange) -> Exchange:
    """What is on the screen once an event has come in."""
    match event:
        case Planned():
            return replace(now, phase="looking", language=event.language)
        case Observed():
            return _observed(event.observation, now)
        case Recommended():
            return replace(now, phase="telling", cards=event.cards)
        case TextDelta():
            return replace(now, phase="telling", reply=now.reply + event.text)
        case Done():
            return _finished(event, now)
        case Failed():
            return now.failed(event.code, event.message)
        case _:
            assert_never(event)


def _observed(seen: Observation, now: Exchange) -> Exchange:
    match seen:
        case Compared():
            return replace(now, compared=seen.items)
        case Question() | Nothing() | Supposed():
            return replace(now, open=(*now.open, seen))
        case _:
            return now


def _finished(done: Done, now: Exchange) -> Exchange:
    ran = [Ran.model_validate(step_record(step)) for step in done.steps]
    notes = [f"{note.kind}: {note.detail}" for note in done.notes]
    trace = trace_view(ran, done.timings_ms, done.tier, notes)
    reply = replace(now, phase="done", reply=done.reply, cards=done.cards, tier=done.tier)
    return replace(reply, trace=trace, spread=done.spread)
