"""What an evaluation asks: a message in its state, and what a good plan says about it."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from agent.comparatives import Comparatives
from agent.plan import Action, Plan
from agent.ports import PlanContext
from agent.resolve import Scene
from finetune.evaluate_reading import Polarity
from retrieval.catalog import Catalog
from retrieval.entities import Linker


@dataclass(frozen=True, slots=True)
class World:
    """A catalogue, and the names of its things."""

    name: str
    catalog: Catalog
    linker: Linker

    def scene(self, context: PlanContext) -> Scene:
        """What the mentions of a plan are resolved against."""
        return Scene(self.catalog, self.linker, context.shown, context.language)

    def bounded(self, actions: Sequence[Action], context: PlanContext) -> tuple[Action, ...]:
        """A plan as it is run: its comparing words ('cheaper') as the bounds that code makes of them."""
        if not actions:
            return ()
        return _comparatives(self).bounded(Plan(actions=tuple(actions)), context).actions


@cache
def _comparatives(world: World) -> Comparatives:
    return Comparatives(world.catalog, world.linker)


@dataclass(frozen=True, slots=True)
class Case:
    """One message: `part` is the set it is of, `dialogue` what it may not be told apart from."""

    id: str
    part: str
    kind: str
    dialogue: str
    world: World
    context: PlanContext
    expected: tuple[Action, ...] = ()
    """Empty where only titles are labelled."""
    labels: Mapping[str, Polarity] | None = None
    """Ids of the items that the message names, and what the person thinks of each; None: as the plan says."""


def sample(cases: Sequence[Case], limit: int | None, seed: int) -> tuple[Case, ...]:
    """At most so many cases, chosen by the seed alone, in their order: a longer sample holds the shorter one."""
    if limit is None or limit >= len(cases):
        return tuple(cases)
    order = list(range(len(cases)))
    random.Random(seed).shuffle(order)
    return tuple(cases[n] for n in sorted(order[:limit]))
