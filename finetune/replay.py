"""Which rows a new version learns from, and which it is measured on: new ones, and a replay of old ones. Pure."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256

from finetune.rows import Row


def split(rows: Sequence[Row], held_share: float, seed: int) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Rows to learn from and rows held out; the rows of a dialogue stay together, whatever else is in the file."""
    held = {row.dialogue for row in rows if _chance(row.dialogue, seed) < held_share}
    return tuple(r for r in rows if r.dialogue not in held), tuple(r for r in rows if r.dialogue in held)


def apart(rows: Iterable[Row], held: Sequence[Row]) -> tuple[Row, ...]:
    """Rows that share neither a dialogue nor a text with what is held out."""
    dialogues, texts = {r.dialogue for r in held}, {r.messages for r in held}
    return tuple(r for r in rows if r.dialogue not in dialogues and r.messages not in texts)


def balanced(rows: Sequence[Row], count: int, seed: int) -> tuple[Row, ...]:
    """At most so many rows, as even by tool as they allow, chosen by the seed alone; in their order."""
    by_tool: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        by_tool[row.tool].append(number)
    for tool, numbers in sorted(by_tool.items()):
        random.Random(f"{seed} {tool}").shuffle(numbers)
    taken: list[int] = []
    while len(taken) < count and (waiting := [by_tool[tool] for tool in sorted(by_tool) if by_tool[tool]]):
        taken += [numbers.pop() for numbers in waiting[: count - len(taken)]]
    return tuple(rows[n] for n in sorted(taken))


def mixed(new: Sequence[Row], old: Sequence[Row], share: float, seed: int) -> tuple[Row, ...]:
    """New rows, and old ones until they are `share` of all, or until there are no more; shuffled."""
    replayed = balanced(old, round(len(new) * share / (1 - share)), seed) if share else ()
    rows = [*new, *replayed]
    random.Random(seed).shuffle(rows)
    return tuple(rows)


def _chance(dialogue: str, seed: int) -> float:
    return int.from_bytes(sha256(f"{seed} {dialogue}".encode()).digest()[:7]) / (1 << 56)
