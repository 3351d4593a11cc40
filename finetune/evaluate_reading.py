"""A plan as what can be compared: its tools, the items it names, its conditions, its wishes. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from agent.observations import Unresolved
from agent.plan import (
    Action,
    Compare,
    Details,
    Filter,
    Mention,
    React,
    Recommend,
    Remember,
    Search,
    SimilarTo,
    Why,
    WhyNot,
)
from agent.resolve import Scene, Thing, Valued, condition_of, thing_of
from retrieval.folding import forms
from retrieval.types import Constraint, Item, Scalar

Polarity: TypeAlias = Literal["", "like", "dislike", "mixed"]
"""What a plan says of an item; '' where it names it and judges nothing."""

Condition: TypeAlias = tuple[str, str, frozenset[Scalar]]
"""A facet, an operator, and the values as the catalogue spells them."""

_VERDICTS: Mapping[str, Polarity] = {"like": "like", "dislike": "dislike", "seen": "", "reject": "dislike"}
_READ_APART = frozenset({"tool", "words", "kind", "question", "reason", "query", "twist"})
"""Not compared word for word: what the person said, what may be left empty, and free wishes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a plan says, in things of the catalogue."""

    tools: tuple[str, ...] = ()
    items: Mapping[str, Polarity] | None = None
    """By id."""
    conditions: frozenset[Condition] = frozenset()
    wishes: frozenset[str] = frozenset()
    """The words of free wishes."""
    rest: frozenset[tuple[str, str]] = frozenset()
    """All other arguments, each with its tool."""
    unknown: tuple[str, ...] = ()
    """Mentions that are in the catalogue neither as an item nor as a value."""

    @property
    def named(self) -> Mapping[str, Polarity]:
        """The items, none if none was read."""
        return self.items or {}


def read_plan(actions: Sequence[Action], scene: Scene) -> Reading:
    """Read calls against the catalogue. Chats count by their tool: their kinds differ from reader to reader."""
    items: dict[str, Polarity] = {}
    values: set[tuple[str, str]] = set()
    unknown: list[str] = []
    for action in actions:
        for mention, polarity in mentions(action):
            thing = thing_of(mention, scene)
            if isinstance(thing, Item):
                items[thing.item_id] = _both(items.get(thing.item_id, ""), polarity)
            else:
                values.add((action.tool, f"{polarity}:{_spelt(thing, mention)}"))
                unknown += [mention] if isinstance(thing, Unresolved) else []
    return Reading(
        tools=tuple(a.tool for a in actions),
        items=items,
        conditions=frozenset(_condition(f, scene) for a in actions for f in filters(a)),
        wishes=frozenset(w for a in actions for w in forms(" ".join(_wishes(a)))),
        rest=frozenset({*values, *(pair for a in actions for pair in _rest(a))}),
        unknown=tuple(unknown),
    )


def mentions(action: Action) -> Iterable[tuple[Mention, Polarity]]:
    """The things that a call names, and what it says of each."""
    match action:
        case Remember():
            yield from ((m, "like") for m in (*action.likes, *action.wants))
            yield from ((m, "dislike") for m in (*action.dislikes, *action.avoids))
        case SimilarTo():
            yield from ((m, "like") for m in action.titles)
        case React():
            yield action.item, _VERDICTS[action.verdict]
        case Details() | Why() | WhyNot():
            yield action.item, ""
        case Compare():
            yield from ((m, "") for m in action.items)
        case _:
            return


def filters(action: Action) -> tuple[Filter, ...]:
    """The conditions of a call."""
    match action:
        case Search() | SimilarTo() | Recommend():
            return action.filters
        case Remember():
            return action.constraints
        case Details():
            return () if action.condition is None else (action.condition,)
        case _:
            return ()


def _both(one: Polarity, other: Polarity) -> Polarity:
    return one if one == other or not other else other if not one else "mixed"


def _condition(asked: Filter, scene: Scene) -> Condition:
    resolved = condition_of(asked, scene)
    if isinstance(resolved, Constraint):
        return resolved.facet, resolved.op.value, frozenset(resolved.values)
    return asked.facet, asked.op.value, frozenset(asked.values)


def _spelt(thing: Thing, mention: Mention) -> str:
    """A facet value as the catalogue has it, free words folded."""
    return f"{thing.facet}={thing.value}" if isinstance(thing, Valued) else " ".join(forms(mention))


def _wishes(action: Action) -> Iterable[str]:
    yield from (str(text) for name, text in action if name in ("query", "twist") and isinstance(text, str))


def _rest(action: Action) -> Iterable[tuple[str, str]]:
    """Arguments beside names, conditions and wishes, defaults left out: `keep`, `count`, a scope, an order."""
    apart = {*_READ_APART, "filters", "constraints", "condition", "likes", "dislikes", "wants", "avoids", "titles"}
    apart |= {"item", "items"}
    given = action.model_dump(mode="json", exclude_defaults=True)
    yield from ((action.tool, f"{name}={value}") for name, value in given.items() if name not in apart)
