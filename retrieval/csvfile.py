"""CSV as strangers write it: any separator, any header; a broken line costs one row, never those after it."""

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from retrieval.errors import CatalogError, RowRejected
from retrieval.rows import Row, Rows
from retrieval.textfile import read_lines

_SNIFFED_LINES = 50
_DELIMITERS = ",;\t|"
_NONE = "\x1f"
"""The separator of a file that has none: one column."""
_SAYS_SEPARATOR = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_LONGEST_CELL = 1_000_000


class _Lines(Iterator[str]):
    """Lines, counted from 1; those of the record that is being read can be put back but for the first."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines)
        self.taken.append(line)
        self.number += 1
        return line

    def ahead(self, most: int) -> list[str]:
        """Look at the next lines."""
        self._back.extend(islice(self._lines, max(0, most - len(self._back))))
        return list(islice(self._back, most))

    def accept(self) -> None:
        """The record is done."""
        self.taken.clear()

    def give_up(self) -> str:
        """The record was none: return its first line, and put the others back."""
        first, *others = self.taken
        self._back.extendleft(reversed(others))
        self.number -= len(others)
        self.taken.clear()
        return first


def read_csv(path: Path) -> Rows:
    """Stream the rows of a CSV file; the first line that is not blank names the columns."""
    csv.field_size_limit(_LONGEST_CELL)
    lines = _Lines(read_lines(path, newline=""))
    form = _form(path, lines)
    header = _header(path, lines, form)
    reader = _reader(lines, form)
    while True:
        lines.accept()
        start = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield RowRejected(path.name, start, "", lines.give_up().strip(), f"not CSV: {error}")
            reader = _reader(lines, form)
            continue
        cells = _without_extra_blanks(cells, len(header))
        if len(cells) == len(header):
            yield Row(start, dict(zip(header, cells, strict=True)))
        elif any(cell.strip() for cell in cells):
            reason = f"{len(cells)} cells where the header has {len(header)}; quote cells that hold the separator"
            several = len(lines.taken) > 1  # a quote was left open: what it swallowed are rows of their own
            value = lines.give_up().strip() if several else ",".join(cells)
            yield RowRejected(path.name, start, "", value, reason)
            reader = _reader(lines, form) if several else reader


_Form = tuple[str, str | None]
"""The separator, and what stands before a quote inside of quotes if it is not another quote."""


def _reader(lines: _Lines, form: _Form) -> Iterator[list[str]]:
    delimiter, escape = form
    return csv.reader(lines, delimiter=delimiter, escapechar=escape, strict=True)


def _form(path: Path, lines: _Lines) -> _Form:
    """Find out how the file is written from its first lines; blank ones and Excel's 'sep=;' are skipped."""
    head = lines.ahead(_SNIFFED_LINES)
    while head and (not head[0].strip("\ufeff \t\r\n") or _SAYS_SEPARATOR.fullmatch(head[0])):
        said = _SAYS_SEPARATOR.fullmatch(next(lines))
        if said is not None:
            return said[1], None
        head = lines.ahead(_SNIFFED_LINES)
    escaped = any('\\"' in line for line in head) and not any('""' in line.replace(',"",', ",,") for line in head)
    return "\t" if ".tsv" in path.name.lower() else _delimiter(head), "\\" if escaped else None


def _delimiter(head: Sequence[str]) -> str:
    """The separator by which most lines have as many cells as the first, more than one."""
    fits = {delimiter: _fit(head, delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: fits[delimiter])
    return best if fits[best] > (0.0, 0) else _NONE


def _fit(head: Sequence[str], delimiter: str) -> tuple[float, int]:
    try:
        rows = [row for row in csv.reader(head, delimiter=delimiter) if row]
    except csv.Error:
        return 0.0, 0
    width = len(rows[0]) if rows else 0
    return (round(sum(len(row) == width for row in rows) / len(rows), 1), width) if width > 1 else (0.0, 0)


def _header(path: Path, lines: _Lines, form: _Form) -> list[str]:
    lines.accept()
    try:
        cells = next(_reader(lines, form))
    except StopIteration:
        raise CatalogError(f"{path.name!r} is empty; its first line must name the columns") from None
    except csv.Error as error:
        raise CatalogError(f"the first line of {path.name!r} is not CSV ({error}); it must name the columns") from error
    header: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = cell.strip("\ufeff \t\r\n") or f"column {place}"
        twin = sum(old == name or old.startswith(f"{name} (") for old in header)
        header.append(f"{name} ({twin + 1})" if twin else name)
    return header


def _without_extra_blanks(cells: list[str], width: int) -> list[str]:
    """A row without the empty cells that stand beyond the header's."""
    return cells[:width] if len(cells) > width and not any(cell.strip() for cell in cells[width:]) else cells
