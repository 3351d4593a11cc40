"""Many people who chat at once with one assistant, each with a taste of their own; nothing of one reaches another."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from agent import Assistant
from bench.figures import Crowd, Quantiles
from bench.turns import FOLLOW_UPS, Script, say


class CrossTalk(AssertionError):
    """Something of one person came up in the dialogue of another."""


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    loved: str
    """A title nobody else of the crowd names."""
    item_id: str

    @property
    def messages(self) -> tuple[str, ...]:
        return (f"I loved {self.loved}", *FOLLOW_UPS)


async def chat_at_once(assistant: Assistant, script: Script, size: int, run: str) -> Crowd:
    """Let `size` people, new in each run, go through their dialogues at once; CrossTalk if anything leaks."""
    people = _people(assistant, script, size, run)
    start = time.perf_counter()
    laps = await asyncio.gather(*(_dialogue(assistant, person) for person in people))
    seconds = time.perf_counter() - start
    loved = {person.item_id for person in people}
    for person in people:
        active = (await assistant.profile(person.name)).active(person.name)
        liked = {
            str(r.said.values[0]) for r in active if r.said.kind == "item" and r.said.rated and r.said.polarity > 0
        }
        if liked & loved != {person.item_id}:
            raise CrossTalk(f"{person.name} loved {person.item_id!r}; the ledger says {sorted(liked)}")
    every = [lap for mine in laps for lap in mine]
    return Crowd(people=size, turns=len(every), seconds=round(seconds, 2), turn=Quantiles.of(every))


def _people(assistant: Assistant, script: Script, size: int, run: str) -> Sequence[_Person]:
    titles = script.titles[:size]
    if len(titles) < size:
        raise ValueError(f"only {len(titles)} titles for {size} people; take a larger catalogue or fewer people")
    linked = [assistant.index.linker.link(title).candidates[0].item_id for title in titles]
    return [
        _Person(f"crowd-{run}-{n}", title, item) for n, (title, item) in enumerate(zip(titles, linked, strict=True))
    ]


async def _dialogue(assistant: Assistant, person: _Person) -> list[float]:
    laps: list[float] = []
    for text in person.messages:
        start = time.perf_counter()
        done = await say(assistant, person.name, text)
        laps.append((time.perf_counter() - start) * 1e3)
        if done.session != person.name:
            raise CrossTalk(f"{person.name} was answered in the session {done.session!r}")
    return laps
