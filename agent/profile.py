"""The preference ledger: frozen records, one active view, full history. Pure rules, no clock, no store.

A record never changes what was said; it only ends: superseded by a newer statement about the same thing, forgotten,
expired with its search, or undone. What ended it stays on the record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from agent.plan import Scope
from retrieval.catalog import as_number
from retrieval.types import Op, Scalar

Kind: TypeAlias = Literal["item", "facet", "bound", "wish"]
Ending: TypeAlias = Literal["", "superseded", "forgotten", "expired", "undone"]

_BREADTH = {"search": 0, "session": 1, "always": 2, "other": 2}
_LOWER = frozenset({Op.GE, Op.GT})
_UPPER = frozenset({Op.LE, Op.LT})


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said, before it is in the ledger."""

    kind: Kind
    """item: `values` is one item id; facet and bound: a condition on `facet`; wish: free words."""
    values: tuple[Scalar, ...]
    label: str
    """For people: 'The Matrix (1999)', 'Horror', 'before 2000'."""
    polarity: Literal[-1, 1] = 1
    facet: str = ""
    op: Op = Op.IN
    hard: bool = False
    """Filters, instead of leaning."""
    seen: bool = False
    """An item the person knows already; it stays out of recommendations."""
    rated: bool = True
    """False for an item that was only seen, without a verdict."""
    scope: Scope = "always"
    person: str = ""
    """For whom, when it is not the speaker: 'my dad'."""
    words: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where something is said."""

    session: str
    turn: int
    at: str
    """UTC, ISO 8601."""


@dataclass(frozen=True, slots=True)
class Preference:
    """A statement in the ledger: since when it holds, and how it ended."""

    id: str
    said: Statement
    moment: Moment
    started: int
    """The change, counted over the whole ledger, that brought it in."""
    stopped: int = 0
    """The change that ended it; 0 while it is active."""
    ended: Ending = ""
    superseded_by: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything one person ever said, oldest first. `clock` counts changes, so that the newest can be undone."""

    records: tuple[Preference, ...] = ()
    clock: int = 0

    def active(self, session: str = "", person: str = "") -> tuple[Preference, ...]:
        """Return what counts now for the speaker ('') or for `person`: lasting records and those of this session.

        A statement of a narrower scope hides the contradicting lasting one for as long as it holds.
        """
        here = [r for r in self.records if not r.ended and _holds(r, session, person)]
        return tuple(r for r in here if not any(_hides(other, r) for other in here))

    def find(self, preference_id: str) -> Preference | None:
        """Look a record up, active or ended."""
        return next((r for r in self.records if r.id == preference_id), None)


def remember(profile: Profile, statements: Sequence[Statement], moment: Moment) -> Profile:
    """Add statements, in order, as one change; each supersedes what it contradicts or repeats."""
    if not statements:
        return profile
    clock = profile.clock + 1
    records = profile.records
    for said in statements:
        records = _admit(records, said, moment, clock)
    return Profile(records, clock)


def forget(profile: Profile, preference_ids: Iterable[str]) -> Profile:
    """End the named records as one change; unknown and ended ids are left alone."""
    return _end(profile, frozenset(preference_ids), "forgotten")


def restate(profile: Profile, preference_id: str, said: Statement, moment: Moment) -> Profile:
    """Replace an active record by a corrected statement, as one change; KeyError if it is unknown or has ended."""
    old = profile.find(preference_id)
    if old is None or old.ended:
        raise KeyError(preference_id)
    clock = profile.clock + 1
    records = _admit(profile.records, said, moment, clock)
    new = records[-1]
    superseded = replace(old, ended="superseded", stopped=clock, superseded_by=new.id)
    return Profile(tuple(superseded if r.id == old.id else r for r in records), clock)


def expire(profile: Profile, moment: Moment) -> Profile:
    """End what was said for one search only before this moment's turn, because another search begins."""
    over = frozenset(
        r.id
        for r in profile.records
        if r.said.scope == "search" and r.moment.session == moment.session and r.moment.turn < moment.turn
    )
    return _end(profile, over, "expired")


def undo(profile: Profile) -> Profile:
    """Take the newest change back: what it added ends, what it ended holds again. Repeated, it goes further back."""
    newest = max((_newest(r) for r in profile.records), default=0)
    if newest == 0:
        return profile
    return Profile(tuple(_revert(r, newest) for r in profile.records), profile.clock)


def same_subject(a: Statement, b: Statement) -> bool:
    """Whether two statements cannot both hold, or say the same: one of them has to give way."""
    if a.kind != b.kind or a.person != b.person or a.facet != b.facet:
        return False
    if a.kind == "bound":
        return _same_bound(a, b)
    if a.kind == "facet" and a.hard and b.hard and a.polarity == b.polarity == 1:
        return True
    return _folded(a) == _folded(b)


def _admit(records: tuple[Preference, ...], said: Statement, moment: Moment, clock: int) -> tuple[Preference, ...]:
    said = _with_history(records, said)
    new = Preference(f"p{len(records) + 1}", said, moment, clock)
    kept = tuple(
        replace(r, ended="superseded", stopped=clock, superseded_by=new.id) if _gives_way(r, new) else r
        for r in records
    )
    return (*kept, new)


def _with_history(records: Sequence[Preference], said: Statement) -> Statement:
    """An item once seen stays seen, and being seen does not erase a verdict."""
    if said.kind != "item":
        return said
    earlier = next((r.said for r in reversed(records) if not r.ended and same_subject(r.said, said)), None)
    if earlier is None:
        return said
    if earlier.rated and not said.rated:
        return replace(earlier, seen=True, words=said.words)
    return replace(said, seen=said.seen or earlier.seen)


def _gives_way(old: Preference, new: Preference) -> bool:
    return (
        not old.ended
        and _BREADTH[new.said.scope] >= _BREADTH[old.said.scope]
        and (old.said.scope != "session" or old.moment.session == new.moment.session or new.said.scope == "always")
        and same_subject(old.said, new.said)
    )


def _holds(record: Preference, session: str, person: str) -> bool:
    said = record.said
    return said.person == person and (said.scope in ("always", "other") or record.moment.session == session)


def _hides(narrow: Preference, broad: Preference) -> bool:
    return _BREADTH[narrow.said.scope] < _BREADTH[broad.said.scope] and same_subject(narrow.said, broad.said)


def _same_bound(a: Statement, b: Statement) -> bool:
    if (a.op in _LOWER and b.op in _LOWER) or (a.op in _UPPER and b.op in _UPPER):
        return True
    if a.op in _LOWER and b.op in _UPPER:
        return _empty(a, b)
    if a.op in _UPPER and b.op in _LOWER:
        return _empty(b, a)
    return a.op == b.op


def _empty(lower: Statement, upper: Statement) -> bool:
    low, high = lower.values[0], upper.values[0]
    if isinstance(low, str) or isinstance(high, str):
        return str(low) > str(high)
    return as_number(low) > as_number(high) or (
        as_number(low) == as_number(high) and (lower.op is Op.GT or upper.op is Op.LT)
    )


def _folded(said: Statement) -> frozenset[str]:
    return frozenset(str(v).casefold().strip() for v in said.values)


def _end(profile: Profile, ids: frozenset[str], ending: Ending) -> Profile:
    if not any(r.id in ids and not r.ended for r in profile.records):
        return profile
    clock = profile.clock + 1
    records = tuple(
        replace(r, ended=ending, stopped=clock) if r.id in ids and not r.ended else r for r in profile.records
    )
    return Profile(records, clock)


def _newest(record: Preference) -> int:
    started = 0 if record.ended == "undone" else record.started
    return max(started, record.stopped if record.ended in ("superseded", "forgotten") else 0)


def _revert(record: Preference, change: int) -> Preference:
    if record.started == change and record.ended != "undone":
        return replace(record, ended="undone", stopped=change, superseded_by="")
    if record.stopped == change and record.ended in ("superseded", "forgotten"):
        return replace(record, ended="", stopped=0, superseded_by="")
    return record
