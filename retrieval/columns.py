"""What the cells of one column look like: counted in one pass, in bounded memory."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from retrieval.amounts import CURRENCY, writes_comma
from retrieval.cells import (
    IMAGE,
    LINK,
    NO,
    YES,
    Unreadable,
    as_date,
    as_list,
    as_number,
    first_is_day,
    is_stamp,
    says_nothing,
    unit_of,
)

MANY = 50_000
"""Distinct values are counted up to here."""

_CHECKED = 5_000
SEPARATORS = ("|", ";", ",", "/", "、", "，", "；")
_LONGEST_LIST = 400
_WIDE = re.compile(r"[\u2e80-\ud7ff\uf900-\ufaff]")
"""Letters that say as much as three others."""
EXAMPLES, EXAMPLE = 3, 60
"""So many cells, and so many characters of each, are kept to show what a column holds."""


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
        self.stamps = 0
        self.words = 0
        self.currency = ""
        self.units: dict[str, int] = {}
        self.separators = {separator: Parts() for separator in SEPARATORS}
        self.commas: Counter[bool] = Counter()
        self.days_first: Counter[bool] = Counter()
        self.distinct: set[str] = set()
        self.examples: list[str] = []

    def add(self, cell: object) -> None:
        """Count one cell."""
        if says_nothing(cell):
            return
        self.filled += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(str(cell)[:EXAMPLE])
        cell = as_list(cell)
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
    def variety(self) -> float:
        """Distinct values per filled cell, as far as they are counted."""
        return len(self.distinct) / min(self.filled, MANY) if self.filled else 0.0

    @property
    def comma(self) -> bool:
        """Whether decimals stand after a comma: some cells say so, and none says otherwise."""
        return self.commas[True] > 0 and self.commas[False] == 0

    @property
    def day_first(self) -> bool:
        """Whether 05/06/2024 is in June: where the cells do not tell, it is."""
        return self.days_first[True] >= self.days_first[False]

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
            self.stamps += is_stamp(cell)
        elif isinstance(cell, date):
            self.dates += 1
        elif isinstance(cell, str):
            self._check_text(cell.strip())

    def _check_text(self, text: str) -> None:
        self.characters += len(text) + 2 * len(_WIDE.findall(text))
        self.booleans += text.casefold() in YES | NO
        self.images += IMAGE.fullmatch(text) is not None
        self.links += LINK.fullmatch(text) is not None
        self.words += any(letter.isalpha() for letter in text)
        for separator, parts in self.separators.items():
            parts.add(text, separator)
        currency = CURRENCY.search(text)
        if _parses(as_number, text):
            self.numbers += 1
            self.stamps += is_stamp(text)
            self.currency = currency[0] if currency else self.currency
            self._tell(self.commas, writes_comma(text))
        elif (unit := unit_of(text)) and _parses(as_number, text.removesuffix(unit)):
            self.units[unit] = self.units.get(unit, 0) + 1
        elif len(text) < 40 and any(c.isdigit() for c in text) and _is_date(text):
            self.dates += 1
            self._tell(self.days_first, first_is_day(text))

    @staticmethod
    def _tell(told: Counter[bool], evidence: bool | None) -> None:
        if evidence is not None:
            told[evidence] += 1


@dataclass(slots=True)
class Parts:
    """What a separator would part the cells of a column into."""

    cells: int = 0
    """Cells that hold it."""
    parts: int = 0
    characters: int = 0
    distinct: set[str] = field(default_factory=set)

    def add(self, text: str, separator: str) -> None:
        """Count one cell."""
        self.cells += separator in text
        if len(text) <= _LONGEST_LIST:
            for part in text.split(separator):
                self.parts += 1
                self.characters += len(part.strip())
                self.distinct.add(part.strip())

    @property
    def repeats(self) -> float:
        """How often a part is met, on average."""
        return self.parts / max(1, len(self.distinct))

    @property
    def mean_length(self) -> float:
        """Characters per part."""
        return self.characters / max(1, self.parts)


def _parses(read: Callable[[object], object], text: str) -> bool:
    try:
        read(text)
    except Unreadable:
        return False
    return True


def _is_date(text: str) -> bool:
    return _parses(lambda cell: as_date(cell, day_first=first_is_day(text) is not False), text)
