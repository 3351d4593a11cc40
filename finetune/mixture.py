"""Rows of many sources made one set: each text once, dialogues on one side of a split, tools in balance. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from finetune.example import chance
from finetune.rows import Row

Counts: TypeAlias = Mapping[tuple[str, str, str], int]
"""Rows by source, tool and language."""

_REPLIES = 0.3
"""Share of replies where there are plans too: both calls of a turn are learnt."""
_REPEATS = 2
"""A rare row is seen at most so often per epoch."""
_SHORT = 4
"""Messages of fewer words ('thanks', 'hello there') are everybody's, and may be on both sides of a split."""
_SAID = "message: "


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to learn from, and rows of other dialogues to watch the learning with."""

    train: tuple[Row, ...]
    eval: tuple[Row, ...]


def unique(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The first row of every text that a model would read."""
    first: dict[tuple[str, ...], Row] = {}
    for row in rows:
        first.setdefault(tuple(m.content for m in row.messages), row)
    return tuple(first.values())


def split(rows: Sequence[Row], share: float, seed: int) -> Split:
    """Part by dialogue, one aside at least; a longer message that is said on both sides leaves the evaluation."""
    dialogues = sorted({row.dialogue for row in rows}, key=lambda d: chance("split", seed, d))
    aside = set(dialogues[: max(round(share * len(dialogues)), 1 if len(dialogues) > 1 else 0)])
    train = tuple(row for row in rows if row.dialogue not in aside)
    known = {_said(row) for row in train}
    return Split(train, tuple(row for row in rows if row.dialogue in aside and _is_new(row, known)))


def balanced(rows: Sequence[Row], most: int, seed: int) -> tuple[Row, ...]:
    """At most so many rows, in an order that the seed decides: common tools and sources are cut, rare rows repeat."""
    replies = [row for row in rows if row.call == "reply"]
    plans = [row for row in rows if row.call == "plan"]
    room = most if not plans else round(most * _REPLIES)
    told = _even(replies, min(room, len(replies) * _REPEATS), _source, seed)
    planned = _even(plans, most - len(told), _tool, seed)
    return tuple(sorted((*planned, *told), key=lambda row: chance("order", seed, row.id)))


def allot(counts: Mapping[str, int], total: int) -> dict[str, int]:
    """Share a total out by the square root of what there is, at most `_REPEATS` times what there is."""
    left, shares = min(total, _REPEATS * sum(counts.values())), dict.fromkeys(counts, 0)
    while left:
        open_ = {name: n for name, n in counts.items() if shares[name] < _REPEATS * n}
        weight = sum(n**0.5 for n in open_.values())
        given = 0
        for name, n in sorted(open_.items()):
            more = min(max(1, int(left * n**0.5 / weight)), _REPEATS * n - shares[name], left - given)
            shares[name] += more
            given += more
        left -= given
    return shares


def counts_of(rows: Iterable[Row]) -> Counts:
    """How many rows there are of each source, tool and language."""
    return Counter((row.source, row.tool, row.language) for row in rows)


def _even(rows: Sequence[Row], total: int, key: Callable[[Row], str], seed: int) -> list[Row]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    shares = allot({name: len(group) for name, group in groups.items()}, total)
    chosen: list[Row] = []
    for name, group in groups.items():
        if key is _tool:
            chosen += _even(group, shares[name], _source, seed)
        else:
            chosen += _drawn(group, shares[name], seed)
    return chosen


def _drawn(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    """So many of the rows, the seed decides which; a second time under another id."""
    order = sorted(rows, key=lambda row: chance("draw", seed, row.id))
    again = [row.model_copy(update={"id": f"{row.id}#2"}) for row in order[: max(0, count - len(order))]]
    return [*order[:count], *again]


def _tool(row: Row) -> str:
    return row.tool


def _source(row: Row) -> str:
    return f"{row.source}/{row.language}"


def _said(row: Row) -> str:
    """The message that a row is about."""
    return row.messages[-1].content.rpartition(_SAID)[2].casefold().strip()


def _is_new(row: Row, known: set[str]) -> bool:
    said = _said(row)
    return len(said.split()) < _SHORT or said not in known
