"""Dialogues with the effects they should have, from JSON-lines files, and how a real engine fares with them.

One line is one dialogue:

{"kind": "gift", "catalog": "movies", "turns": [{"text": "something for my dad, he loves westerns",
  "person": "my dad", "ledger": ["likes genres: Western"], "own": []}, {"text": "now for me again", "person": ""}]}

`kind` is the row of the accuracy table. A turn has a text and effects (see `effects.py`); `user` on a dialogue is by
default a new person, and `session` on a turn another session than the one before. The language is the file's:
`dialogues_en.jsonl`. Whatever a turn says, these hold of every one: the reply names the cards, all of them, in their
order, and no others; no card breaks a hard condition of the person or is known to them.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from agent.assistant import Assistant
from agent.grounding import check
from agent.observations import Found
from agent.query import constraint_of
from agent.rules.model import RulesModel
from agent.types import Done, Event, Failed, Observed, TurnRequest
from retrieval.index import Index
from retrieval.types import Item, Op
from tests.effects import Effects, Outcome, shortfalls
from tests.fakes_store import MemoryStore
from tests.light_index import light_index
from tests.turns import read_rows

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Step:
    """One message of a dialogue, and what it should bring about."""

    text: str
    effects: Effects
    session: str = "s"


@dataclass(frozen=True)
class Scripted:
    """One line of a file."""

    kind: str
    catalog: str
    language: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Graded:
    """One turn of a dialogue, judged."""

    script: Scripted
    number: int
    text: str
    faults: tuple[str, ...]


def load_dialogues(path: Path) -> tuple[Scripted, ...]:
    """Read the dialogues of a file; its language is in its name."""
    language = path.stem.rpartition("_")[2]
    return tuple(
        Scripted(row["kind"], row.get("catalog", "movies"), language, tuple(_step(turn) for turn in row["turns"]))
        for row in read_rows(path)
        if "turns" in row
    )


def _step(turn: dict[str, object]) -> Step:
    effects = {k: v for k, v in turn.items() if k not in ("text", "session")}
    return Step(str(turn["text"]), effects, str(turn.get("session", "s")))


def grade(script: Scripted) -> tuple[Graded, ...]:
    """Hold a dialogue with the rules tier and judge every turn of it."""
    return asyncio.run(_grade(script, light_index(script.catalog)))


async def _grade(script: Scripted, index: Index) -> tuple[Graded, ...]:
    store = MemoryStore()
    assistant = Assistant(index, RulesModel(index.linker, index.catalog), store, store)
    lists: list[tuple[Item, ...]] = []
    graded: list[Graded] = []
    for number, step in enumerate(script.steps, 1):
        outcome = await _turn(assistant, step, lists)
        faults = ["the turn failed"] if outcome is None else [*shortfalls(step.effects, outcome), *_always(outcome)]
        lists.append(() if outcome is None else outcome.cards)
        graded.append(Graded(script, number, step.text, tuple(faults)))
    return tuple(graded)


async def _turn(assistant: Assistant, step: Step, lists: Sequence[tuple[Item, ...]]) -> Outcome | None:
    events: list[Event] = []
    async with aclosing(assistant.reply(TurnRequest(step.text, user="u", session=step.session))) as stream:
        events = [event async for event in stream]
    end = events[-1]
    if not isinstance(end, Done):
        assert isinstance(end, Failed)
        return None
    snapshot = await assistant.snapshot("u", step.session)
    observed = tuple(e.observation for e in events if isinstance(e, Observed))
    own = snapshot.profile.active(step.session)
    before = tuple(shown for shown in lists if shown) if "same" not in step.effects else tuple(lists)
    return Outcome(end, observed, own, snapshot.dialogue, before, assistant.index.catalog)


def _always(outcome: Outcome) -> list[str]:
    """What no turn may do, whatever it is about."""
    return [*_unfaithful(outcome), *_broken(outcome)]


def _unfaithful(outcome: Outcome) -> list[str]:
    everything = check(outcome.done.reply, outcome.done.cards, outcome.catalog.items)
    if outcome.cards and not (everything.in_order and not everything.missing and not everything.unsupported):
        return [f"the reply does not name the cards: {everything!r}"]
    return []


def _broken(outcome: Outcome) -> list[str]:
    asked = {c for seen in outcome.observations if isinstance(seen, Found) for c in seen.constraints}
    rules = [constraint_of(p.said) for p in outcome.done.profile if p.said.hard and p.said.facet]
    kept = [c for c in rules if c in asked or not _overruled(c.facet, asked)]
    known = {str(p.said.values[0]) for p in outcome.done.profile if p.said.kind == "item"}
    mask = outcome.catalog.mask
    faults = [f"{i.title!r} is known" for i in outcome.cards if i.item_id in known]
    for item in outcome.cards:
        row = outcome.catalog.position(item.item_id)
        faults += [f"{item.title!r} breaks {c!r}" for c in {*kept, *asked} if not mask([c])[row]]
    return faults


def _overruled(facet: str, asked: set[object]) -> bool:
    return any(getattr(c, "facet", "") == facet and getattr(c, "op", None) is not Op.NOT_IN for c in asked)
