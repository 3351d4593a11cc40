"""The frozen values that travel through retrieval: items, constraints, queries, candidates and their evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal, TypeAlias

Scalar: TypeAlias = str | float | bool | date
"""One comparable value. Integers are stored as floats in columns, and shown without '.0'."""

FacetValue: TypeAlias = str | float | bool | date | tuple[str, ...]
"""What an item holds for a facet; a tuple for categorical facets that take several values."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be recommended. `facets` has no entry for what the catalogue does not know."""

    item_id: str
    title: str
    description: str
    facets: Mapping[str, FacetValue] = field(default_factory=dict)


class Op(StrEnum):
    """How a constraint compares. An item without a value fails every operator but NOT_IN."""

    IN = "in"
    NOT_IN = "not_in"
    GE = "ge"
    LE = "le"
    GT = "gt"
    LT = "lt"


@dataclass(frozen=True, slots=True)
class Constraint:
    """A hard condition on one facet. IN: at least one of `values`; NOT_IN: none of them; the rest: one value."""

    facet: str
    op: Op
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """A soft leaning towards (weight > 0) or away from (weight < 0) a facet value; never filters."""

    facet: str
    value: Scalar
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Taste:
    """A signed judgement of an item: weight in [-1, 1], likes above zero."""

    item_id: str
    weight: float = 1.0
    at: float | None = None
    """Unix seconds of the judgement; None if unknown."""


@dataclass(frozen=True, slots=True)
class Sort:
    """An explicit order by a numeric, date or boolean facet, over the whole set that matches."""

    facet: str
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """What to fetch. `tastes` run from oldest to newest; `anchors` are items to be similar to."""

    text: str = ""
    tastes: tuple[Taste, ...] = ()
    anchors: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    wishes: tuple[Wish, ...] = ()
    avoid: str = ""
    """What the person wants less of, in free words: no condition, but close items lose."""
    exclude: frozenset[str] = frozenset()
    sort: Sort | None = None
    k: int = 5
    diversity: float = 0.3
    """0 = most relevant first, 1 = most varied (the lambda of MMR is 1 - diversity)."""


EvidenceKind: TypeAlias = Literal["cf", "text", "facet", "graph", "wish", "popularity", "recency"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One checkable ground for a candidate.

    `ref` names the signal: the liked item's id (cf, graph, text from an anchor), `facet=value` (facet, wish, recency)
    or `facet!=value` (a wish to avoid), `description:start-end` (text), a window (popularity). `detail` is data for
    people, never a sentence. `weight` is its share of the candidate's fused score; higher drives more.
    """

    kind: EvidenceKind
    ref: str
    detail: str
    weight: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ranked item: calibrated `score` in [0, 1], higher is better, and the signals that add up to it."""

    item: Item
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What would have to go, and how many items would match then."""

    dropped: tuple[Constraint, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Spread:
    """What diversity did to a list. Variety is the mean cosine distance of two of its items, 0 for copies of one."""

    setting: float
    """The diversity that was asked for, 0 to 1."""
    variety: float
    closest: float
    """Variety of the same number of best matches, which diversity 0 would show."""
    kept: float
    """Share of the scores of those best matches that the list has, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The answer to a query: at most k candidates, best first. `matching` counts items under the constraints."""

    candidates: tuple[Candidate, ...]
    matching: int
    relaxations: tuple[Relaxation, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    pool: tuple[tuple[str, float], ...] = ()
    """Ids and scores of the best before diversity, at most 200: what a question could tell apart."""
    spread: Spread | None = None
    """None for a list that diversity has no part in: sorted, or shorter than two."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One event of the log. `value` is in the event type's own unit; `timestamp` in unix seconds, None if unknown."""

    user_id: str
    item_id: str
    event: str = "interaction"
    value: float | None = None
    timestamp: float | None = None
