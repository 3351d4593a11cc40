"""What a turn should have done, as a test file writes it, and where the turn falls short of it.

Every effect is optional; a turn is judged by those that it names:

plan      the calls, as `turns.fits` reads them
ledger    what counts for whom the turn is for, all of it: 'likes Heat (1995)', 'dislikes …', 'knows …', 'rejects …',
          'likes genres: Comedy', 'avoids genres: Horror', 'only year ge 1970', 'wants …', 'unwanted …';
          with ' (session)' or ' (search)' behind what does not last
own       the same for the speaker, whomever the turn is for
person    whom the turn is for, '' for the speaker
list      conditions that every card meets: 'genres in Comedy|Drama', 'genres not_in Horror', 'year ge 1990'
count     how many cards there are
shows     titles that are among the cards; hides: titles that are not, '[1]' for a place of the list before this turn,
          'list' for all of that list
first     the title of the first card
standing  the conditions of the last fetch after the turn: what a critique would keep
observes  what the tools reported, in order: 'Found', 'Nothing', 'Unresolved', …
says      words that the reply has, in any case; omits: words that it has not
asks      the facet that the turn asks about, '' for none
language  of the reply
same      the cards are those of the turn with this number, from 1
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from agent.observations import Question
from agent.profile import Preference, Statement
from agent.types import Dialogue, Done
from agent.wording import item_label
from retrieval.catalog import Catalog, as_labels, as_number
from retrieval.types import Constraint, Item
from tests.turns import fits, written

Effects: TypeAlias = Mapping[str, object]


@dataclass(frozen=True)
class Outcome:
    """One turn that has run: its end, the ledger and the dialogue after it, and the lists of the turns before it."""

    done: Done
    observations: tuple[object, ...]
    own: tuple[Preference, ...]
    dialogue: Dialogue
    before: tuple[tuple[Item, ...], ...]
    catalog: Catalog

    @property
    def cards(self) -> tuple[Item, ...]:
        """The items on the cards, in order."""
        return tuple(card.item for card in self.done.cards)


def shortfalls(expected: Effects, outcome: Outcome) -> list[str]:
    """Return what is not as expected, in words; empty when all of it is."""
    unknown = expected.keys() - _CHECKS.keys()
    assert not unknown, f"no such effect: {sorted(unknown)}"
    return [f"{name}: {fault}" for name, wanted in expected.items() for fault in _CHECKS[name](wanted, outcome)]


def said(statement: Statement) -> str:
    """A statement of the ledger as the test files write it."""
    scope = f" ({statement.scope})" if statement.scope in ("session", "search") else ""
    return _said(statement) + scope


def _said(s: Statement) -> str:
    liked = s.polarity > 0
    match s.kind:
        case "item" if not s.rated:
            return f"knows {s.label}"
        case "item":
            return f"{'likes' if liked else 'rejects' if s.confidence < 1 else 'dislikes'} {s.label}"
        case "wish":
            return f"{'wants' if liked else 'unwanted'} {s.label}"
        case "bound":
            return f"only {_condition(Constraint(s.facet, s.op, s.values))}"
        case "facet":
            verb = {(True, True): "only", (True, False): "likes", (False, True): "avoids", (False, False): "less"}
            return f"{verb[liked, s.hard]} {s.facet}: {'|'.join(map(str, s.values))}"


def _condition(c: Constraint) -> str:
    return f"{c.facet} {c.op.value} {'|'.join(f'{v:g}' if isinstance(v, float) else str(v) for v in c.values)}"


def _exact(name: str) -> Callable[[object, Outcome], Iterator[str]]:
    def check(wanted: object, outcome: Outcome) -> Iterator[str]:
        held = _HELD[name](outcome)
        if held != wanted:
            yield f"is {held!r}, not {wanted!r}"

    return check


def _statements(read: Callable[[Outcome], Sequence[Preference]]) -> Callable[[object, Outcome], Iterator[str]]:
    def check(wanted: object, outcome: Outcome) -> Iterator[str]:
        held = sorted(said(p.said) for p in read(outcome))
        if held != sorted(_texts(wanted)):
            yield f"is {held!r}, not {sorted(_texts(wanted))!r}"

    return check


def _plan(wanted: object, outcome: Outcome) -> Iterator[str]:
    assert isinstance(wanted, list)
    if not fits(outcome.done.plan, wanted):
        yield f"is {outcome.done.plan.model_dump(mode='json', exclude_defaults=True)['actions']!r}"


def _list(wanted: object, outcome: Outcome) -> Iterator[str]:
    if not outcome.cards:
        yield "is empty"
    for condition in _texts(wanted):
        for item in outcome.cards:
            if not meets(item, condition):
                yield f"{item.title!r} breaks {condition!r}"


def meets(item: Item, condition: str) -> bool:
    """Whether an item meets a condition, read from the item itself."""
    facet, op, value = condition.split(" ", 2)
    held = item.facets.get(facet)
    if op in ("in", "not_in"):
        names = {str(v) if isinstance(v, str) else f"{as_number(v):g}" for v in _each(held)}
        return bool(names & set(value.split("|"))) == (op == "in")
    if held is None:
        return False
    number, bound = as_number(held), float(value)
    return {"ge": number >= bound, "le": number <= bound, "gt": number > bound, "lt": number < bound}[op]


def _each(held: object) -> Sequence[str | float]:
    if held is None:
        return ()
    if isinstance(held, tuple | str):
        return as_labels(held)
    assert isinstance(held, int | float)
    return (held,)


def _shows(wanted: object, outcome: Outcome) -> Iterator[str]:
    shown = {item_label(item, outcome.catalog) for item in outcome.cards}
    yield from (f"{title!r} is not among {sorted(shown)!r}" for title in _texts(wanted) if title not in shown)


def _hides(wanted: object, outcome: Outcome) -> Iterator[str]:
    shown = {item_label(item, outcome.catalog) for item in outcome.cards}
    before = [item_label(item, outcome.catalog) for item in outcome.before[-1]] if outcome.before else []
    for what in _texts(wanted):
        hidden = before if what == "list" else [before[int(what[1:-1]) - 1]] if what.startswith("[") else [what]
        yield from (f"{title!r} is shown" for title in hidden if title in shown)


def _says(wanted: object, outcome: Outcome) -> Iterator[str]:
    reply = outcome.done.reply.casefold()
    yield from (
        f"{words!r} is not in {outcome.done.reply!r}" for words in _texts(wanted) if words.casefold() not in reply
    )


def _omits(wanted: object, outcome: Outcome) -> Iterator[str]:
    reply = outcome.done.reply.casefold()
    yield from (f"{words!r} is in {outcome.done.reply!r}" for words in _texts(wanted) if words.casefold() in reply)


def _standing(wanted: object, outcome: Outcome) -> Iterator[str]:
    last = outcome.dialogue.last
    held = sorted(written(f) for f in last.filters) if last else []
    if held != sorted(_texts(wanted)):
        yield f"is {held!r}, not {sorted(_texts(wanted))!r}"


def _same(wanted: object, outcome: Outcome) -> Iterator[str]:
    assert isinstance(wanted, int)
    if outcome.cards != outcome.before[wanted - 1]:
        yield f"{[i.title for i in outcome.cards]!r} are not those of turn {wanted}"


def _first(wanted: object, outcome: Outcome) -> Iterator[str]:
    if not outcome.cards or item_label(outcome.cards[0], outcome.catalog) != wanted:
        yield f"is {[item_label(i, outcome.catalog) for i in outcome.cards[:1]]!r}"


def _texts(wanted: object) -> list[str]:
    assert isinstance(wanted, list), f"write a list, not {wanted!r}"
    return [str(w) for w in wanted]


_HELD: Mapping[str, Callable[[Outcome], object]] = {
    "person": lambda o: o.dialogue.person,
    "count": lambda o: len(o.cards),
    "observes": lambda o: [type(seen).__name__ for seen in o.observations],
    "asks": lambda o: next((q.facet for q in o.observations if isinstance(q, Question)), ""),
    "language": lambda o: getattr(o.done, "language", ""),
}
_CHECKS: Mapping[str, Callable[[object, Outcome], Iterator[str]]] = {
    **{name: _exact(name) for name in _HELD},
    "plan": _plan,
    "ledger": _statements(lambda o: o.done.profile),
    "own": _statements(lambda o: o.own),
    "list": _list,
    "shows": _shows,
    "hides": _hides,
    "first": _first,
    "standing": _standing,
    "says": _says,
    "omits": _omits,
    "same": _same,
}
