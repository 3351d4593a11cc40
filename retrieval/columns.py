"""What the cells of one column look like: counted in one pass, in bounded memory."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from retrieval.cells import CURRENCY, IMAGE, LINK, NO, YES, Unreadable, as_date, as_number, is_empty, unit_of

MANY = 50_000
"""Distinct values are counted up to here."""

_CHECKED = 5_000


class Column:
    """Counts over the cells of one column; `add` each cell, then read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.filled = 0
        self.checked = 0
        self.characters = 0
        self.lists = 0
        self.several = False
        self.objects = 0
        self.numbers = 0
        self.dates = 0
        self.booleans = 0
        self.links = 0
        self.images = 0
        self.currency = ""
        self.units: dict[str, int] = {}
        self.separators: dict[str, int] = {"|": 0, ";": 0, ",": 0}
        self.distinct: set[str] = set()

    def add(self, cell: object) -> None:
        """Count one cell."""
        if is_empty(cell):
            return
        self.filled += 1
        if isinstance(cell, Sequence) and not isinstance(cell, str | bytes):
            self.lists += 1
            self.several = self.several or len(cell) > 1
        elif isinstance(cell, Mapping):
            self.objects += 1
        else:
            self._scalar(cell)

    def _scalar(self, cell: object) -> None:
        if len(self.distinct) < MANY:
            self.distinct.add(str(cell)[:200])
        if self.checked < _CHECKED:  # parsing every cell of a long file would take longer than reading it
            self.checked += 1
            self._check(cell)

    def share(self, count: int) -> float:
        """`count` per checked cell."""
        return count / self.checked if self.checked else 0.0

    @property
    def mean_length(self) -> float:
        """Characters per checked cell."""
        return self.share(self.characters)

    @property
    def unit(self) -> str:
        """The one unit that follows the numbers, if they all have it."""
        return next(iter(self.units)) if len(self.units) == 1 and self.numbers == 0 else ""

    @property
    def only_yes_no(self) -> bool:
        """Whether nothing but yes and no, in any spelling, is there."""
        return self.checked > 0 and self.booleans == self.checked

    def _check(self, cell: object) -> None:
        if isinstance(cell, bool):
            self.booleans += 1
        elif isinstance(cell, int | float | Decimal):
            self.numbers += 1
            self.booleans += cell in (0, 1)
        elif isinstance(cell, date):
            self.dates += 1
        elif isinstance(cell, str):
            self._check_text(cell.strip())

    def _check_text(self, text: str) -> None:
        self.characters += len(text)
        self.booleans += text.casefold() in YES | NO
        self.images += IMAGE.fullmatch(text) is not None
        self.links += LINK.fullmatch(text) is not None
        for separator in self.separators:
            self.separators[separator] += separator in text
        currency = CURRENCY.search(text)
        if _parses(as_number, text):
            self.numbers += 1
            self.currency = currency[0] if currency else self.currency
        elif (unit := unit_of(text)) and _parses(as_number, text.removesuffix(unit)):
            self.units[unit] = self.units.get(unit, 0) + 1
        elif len(text) < 40 and any(c.isdigit() for c in text) and _parses(as_date, text):
            self.dates += 1


def _parses(read: Callable[[object], object], text: str) -> bool:
    try:
        read(text)
    except Unreadable:
        return False
    return True
