"""Single messages and the plans that the rules tier makes of them, on any bundled catalogue."""

import asyncio
from collections.abc import Sequence
from functools import cache

from agent.plan import Plan, Search
from agent.ports import PlanContext
from agent.rules.model import RulesModel
from agent.types import Message
from retrieval.types import Item
from tests.light_index import light_index
from tests.turns import Turn

_SHOWN = ("The Matrix (1999)", "Inception (2010)", "Heat (1995)", "Titanic (1997)", "Alien (1979)")
"""What `"shown": true` means; another list is written out."""


@cache
def model(catalog: str) -> RulesModel:
    """The planner of a catalogue."""
    index = light_index(catalog)
    return RulesModel(index.linker, index.catalog)


def planned(turn: Turn) -> Plan:
    """Plan one message in its state."""
    return asyncio.run(model(turn.catalog).plan(context(turn))).plan


def context(turn: Turn) -> PlanContext:
    """The state that a turn is in."""
    titles = _SHOWN if turn.shown is True else tuple(turn.shown or ())
    return PlanContext(
        text=turn.text,
        messages=(Message("user", turn.said),) if turn.said else (),
        shown=items(turn.catalog, titles),
        last=Search(query="films") if titles else None,
        person=turn.person,
        language=turn.language,
    )


def items(catalog: str, titles: Sequence[str]) -> tuple[Item, ...]:
    """Items by title; every title has to be one."""
    index = light_index(catalog)
    found = [(title, index.catalog.get(index.linker.link(title).candidates[0].item_id)) for title in titles]
    assert all(item is not None for _, item in found), f"no such item among {titles!r}"
    return tuple(item for _, item in found if item is not None)
