"""What the tools of a turn report back, as one union. Replies are told from these and from nothing else."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from agent.plan import Recommend, Search, SimilarTo
from agent.profile import Preference
from retrieval.types import Candidate, Constraint, Item, Relaxation, Scalar, Spread

Known: TypeAlias = Literal["", "seen", "liked", "disliked"]


@dataclass(frozen=True, slots=True)
class Found:
    """A list for the person: candidates best first, out of `matching` items under `constraints`."""

    candidates: tuple[Candidate, ...]
    matching: int
    constraints: tuple[Constraint, ...]
    anchors: tuple[Item, ...] = ()
    query: str = ""
    sorted_by: str = ""
    more: bool = False
    pool: tuple[tuple[str, float], ...] = ()
    """Ids and scores of what the list was chosen from."""
    spread: Spread | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a facet goes among what fits all other conditions: at its lowest, or at its highest."""

    facet: str
    value: Scalar
    lowest: bool


@dataclass(frozen=True, slots=True)
class Nothing:
    """No item satisfies the constraints; the smallest relaxations, with counts."""

    constraints: tuple[Constraint, ...]
    relaxations: tuple[Relaxation, ...]
    exhausted: bool = False
    """Items do match, but the person has seen or judged all of them."""
    reach: tuple[Reach, ...] = ()
    """Bounds that lie outside of what there is: nothing for $5 to $10, when the cheapest is $39.90."""
    ways: tuple[Search | SimilarTo | Recommend | None, ...] = ()
    """Per relaxation the fetch without what it drops; None where that is the ledger's and not the fetch's."""


@dataclass(frozen=True, slots=True)
class Supposed:
    """A what-if: how many items there would be, and of those found then the best that are not on the list."""

    dropped: tuple[Constraint, ...]
    added: tuple[Constraint, ...]
    before: int
    after: int
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Noted:
    """Preferences that the turn added, and those that gave way to them."""

    added: tuple[Preference, ...]
    superseded: tuple[Preference, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """Preferences that the turn ended; `undone`: the newest change was taken back; `what`: as the person named it."""

    preferences: tuple[Preference, ...]
    what: str
    undone: bool = False
    restored: tuple[Preference, ...] = ()
    """What holds again because the change that ended it was undone."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A mention that is not (surely) in the catalogue, with the nearest items as a question, never as a substitute."""

    mention: str
    suggestions: tuple[Item, ...] = ()
    kind: bool = False
    """It is a kind of thing, and there is none of it here."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of fact: yes, no, a value as text, or 'unknown' when the catalogue does not hold it."""

    item: Item
    question: str
    facet: str
    answer: Literal["yes", "no", "value", "unknown"]
    value: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """Items side by side: per facet the shown value of each, '' where unknown."""

    items: tuple[Item, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    """Facets in which they differ, by label."""
    shared: tuple[tuple[str, str], ...] = ()
    """What all of them have: facet, and its value as text."""
    better: Candidate | None = None
    """The one that fits the person's taste better, with its evidence; None without a taste, or when none does."""
    asked: str = ""
    """The facet that was asked by: 'which one is longer?'."""
    winner: Item | None = None
    """The item that has the most, or the least, of it; None if it is not known of all, or the same."""


@dataclass(frozen=True, slots=True)
class Explained:
    """Why an item was recommended: the candidate with its evidence."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Missed:
    """Why an item was not recommended: conditions it breaks, or that it is known already, or its rank."""

    item: Item
    breaks: tuple[Constraint, ...] = ()
    known: Known = ""
    rank: int | None = None
    candidate: Candidate | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question about a facet, with choices and how many items each leaves."""

    facet: str
    choices: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """Nothing was fetched: the kind of talk."""

    kind: str


@dataclass(frozen=True, slots=True)
class HandedOff:
    """The person is passed on to the staff."""

    reason: str


Observation: TypeAlias = (
    Found
    | Nothing
    | Supposed
    | Noted
    | Dropped
    | Unresolved
    | Answered
    | Compared
    | Explained
    | Missed
    | Question
    | Said
    | HandedOff
)
