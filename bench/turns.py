"""Messages as people type them, and how long each stage of their turns takes."""

import asyncio
from collections.abc import Mapping, Sequence

import numpy as np

from agent import Assistant, TurnRequest
from agent.types import Done

OPENERS = (
    "I loved Inception and The Matrix, what should I watch next?",
    "A funny film from the 90s, but no romance",
    "something by Christopher Nolan",
    "Like Heat, but newer",
    "a sad science fiction film about memory",
    "I hate horror. Show me thrillers after 2010",
    "westerns before 1970",
    "A war film with Tom Hanks",
    "Loved Alien and Aliens but hated Prometheus",
    "a coming-of-age story set in a small town",
)
FOLLOW_UPS = ("something older", "more like the second one", "why the first one?", "I have seen the first two", "more")
TURN_BUDGET_MS = (40, 100)
"""p50 and p95 of everything of a turn but the language model."""


def timings(assistant: Assistant, people: int) -> list[Mapping[str, float]]:
    """Stage timings in milliseconds of `people` dialogues of six turns; every person is new."""
    return asyncio.run(_dialogues(assistant, people))


async def _dialogues(assistant: Assistant, people: int) -> list[Mapping[str, float]]:
    laps: list[Mapping[str, float]] = []
    for person in range(people):
        opener = OPENERS[person % len(OPENERS)]
        for text in (opener if person < len(OPENERS) else f"{opener} number {person}", *FOLLOW_UPS):
            request = TurnRequest(text=text, user=f"bench-{person}", session=f"bench-{person}")
            end = [event async for event in assistant.reply(request)][-1]
            if not isinstance(end, Done):
                raise TypeError(f"{text!r} ended in {end!r}")
            laps.append(end.timings_ms)
    return laps


def quantiles(laps: Sequence[Mapping[str, float]], stage: str) -> tuple[float, float]:
    """p50 and p95 of a stage over the turns that had it."""
    held = [lap[stage] for lap in laps if stage in lap]
    return float(np.percentile(held, 50)), float(np.percentile(held, 95))
