"""Whether a reply names the items of its list, in their order, and no others. Pure.

Replies write titles in bold: '**Heat** (1995)'. Every bold span is read as the claim of a title.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.quoting import one_line, plain
from agent.types import Card
from retrieval.evidence import shown
from retrieval.types import Item

_BOLD = re.compile(r"\*\*(?P<title>(?:\\.|[^*\\\n])+)\*\*(?: \((?P<told>[^()\n]+)\))?")


@dataclass(frozen=True, slots=True)
class Grounding:
    """How a reply stands to its cards, by item id and in the order of the reply, each item once."""

    named: tuple[str, ...]
    missing: tuple[str, ...]
    unsupported: tuple[str, ...]
    """Titles as written that are neither on a card nor allowed."""
    in_order: bool

    @property
    def holds(self) -> bool:
        """The same set, the same order, nothing else."""
        return self.in_order and not self.missing and not self.unsupported


def check(text: str, cards: Sequence[Card], allowed: Sequence[Item] = ()) -> Grounding:
    """Compare the titles of a reply with its cards; `allowed` items (anchors, suggestions) may be named besides."""
    named: list[str] = []
    unsupported: list[str] = []
    listed = [card.item for card in cards]
    for match in _BOLD.finditer(text):
        title, told = plain(match["title"]), plain(match["told"] or "")
        if item := _meant(title, told, listed, named):
            named.append(item.item_id)
        elif not _meant(title, told, allowed, ()):
            unsupported.append(title)
    once = tuple(dict.fromkeys(named))
    wanted = tuple(item.item_id for item in listed)
    missing = tuple(i for i in wanted if i not in once)
    return Grounding(once, missing, tuple(unsupported), once == tuple(i for i in wanted if i in once))


def _meant(title: str, told: str, items: Sequence[Item], named: Sequence[str]) -> Item | None:
    """Of items of one title: the one that holds what the bracket says, else the first that was not named yet."""
    same = [item for item in items if _folded(item.title) == _folded(title)]
    holding = [item for item in same if told and any(shown(v) == told for v in item.facets.values())]
    fresh = [item for item in same if item.item_id not in named]
    return next(iter([*holding, *fresh, *same]), None)


def _folded(title: str) -> str:
    return one_line(title).casefold()
