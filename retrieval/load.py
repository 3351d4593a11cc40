"""Source files to items and interactions; every bad row is reported with file, line, column, value and reason."""

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from retrieval.cells import (
    MAX_ID,
    MAX_TEXT,
    MAX_TITLE,
    Unreadable,
    as_facet,
    as_moment,
    as_number,
    as_text,
    is_empty,
    says_nothing,
)
from retrieval.errors import CatalogError, RowRejected
from retrieval.infer import FacetColumn, ItemColumns, infer_columns
from retrieval.markup import plain
from retrieval.pictures import PictureFiles
from retrieval.rows import Row
from retrieval.spec_file import Overlay
from retrieval.tables import read_table
from retrieval.textfile import MOSTLY_UTF8, detect_encoding
from retrieval.types import FacetValue, Interaction, Item
from retrieval.wellknown import key_of, wellknown

T = TypeVar("T")

DEFAULT_EVENT = "interaction"
_MADE = 12
"""Hexadecimal digits of an id that is made: two of a million collide once in hundreds of files."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A read source: usable items in file order, how their columns were read, and what was refused."""

    items: tuple[Item, ...]
    columns: ItemColumns
    interactions: tuple[Interaction, ...]
    rejected: tuple[RowRejected, ...]
    rows_in: int
    """Rows of both files, rejected ones included."""
    dropped: tuple[RowRejected, ...] = ()
    """Pictures that could not be used; their items stay without."""
    pictures: PictureFiles | None = None
    """Where the pictures of the items are."""
    notes: tuple[str, ...] = ()
    """What was unusual about the files."""


def load(items: Path, interactions: Path | None, overlay: Overlay, *, strict: bool = False) -> Loaded:
    """Read both files. Strict: raise the first RowRejected; else collect them. CatalogError when no item is usable."""
    refused = _Refused(strict)
    rows = (row for row in read_table(items) if isinstance(row, Row))
    columns = infer_columns(rows, items.name, overlay)
    pictures, dropped = PictureFiles(items.parent), list[RowRejected]()
    good = tuple(refused.keep(read_items(items, columns, pictures, dropped)))
    if strict and dropped:
        raise dropped[0]
    if not good:
        raise CatalogError(f"no row of {items.name!r} can be used; the first: {refused.rejected[0]}")
    events: tuple[Interaction, ...] = ()
    if interactions is not None:
        events = tuple(refused.keep(read_interactions(interactions, {item.item_id for item in good})))
    rows_in = len(good) + len(events) + len(refused.rejected)
    return Loaded(
        good,
        columns,
        events,
        tuple(refused.rejected),
        rows_in,
        tuple(dropped),
        pictures,
        tuple(_notes(items, interactions)),
    )


def _notes(*files: Path | None) -> Iterator[str]:
    for file in files:
        if file is not None and not file.name.lower().endswith(".parquet"):
            encoding = detect_encoding(file)
            if encoding == MOSTLY_UTF8:
                yield f"{file.name} has bytes that are no UTF-8; they became \N{REPLACEMENT CHARACTER}"
            elif encoding not in ("utf-8", "utf-8-sig"):
                yield f"{file.name} is no UTF-8: read as {encoding}; save it as UTF-8 if letters look wrong"


class _Refused:
    """Collects what is refused, or raises it when strict."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.rejected: list[RowRejected] = []

    def keep(self, outcomes: Iterable[T | RowRejected]) -> Iterator[T]:
        for outcome in outcomes:
            if not isinstance(outcome, RowRejected):
                yield outcome
            elif self.strict:
                raise outcome
            else:
                self.rejected.append(outcome)


def read_items(
    path: Path, columns: ItemColumns, pictures: PictureFiles, dropped: list[RowRejected]
) -> Iterator[Item | RowRejected]:
    """Stream items; the second row with an id is refused. Unusable pictures are `dropped`, their items stay."""
    lines: dict[str, int] = {}
    shown = [facet for facet in columns.facets if facet.spec.kind == "image"]
    for row in read_table(path):
        outcome = row if isinstance(row, RowRejected) else _outcome(path.name, row, columns)
        if isinstance(outcome, Item) and isinstance(row, Row):
            if columns.item_id is None:
                outcome = replace(outcome, item_id=_made_id(outcome.title, row, lines))
            first = lines.setdefault(outcome.item_id, row.line)
            if first != row.line:
                told, reason = columns.item_id or "", f"this id is already on line {first}"
                same = f"the same as line {first}, cell by cell"
                value = outcome.item_id if told else outcome.title
                outcome = RowRejected(path.name, row.line, told, value, reason if told else same)
            elif shown:
                outcome = _pictured(outcome, path.name, row, shown, pictures, dropped)
        yield outcome


def _pictured(
    item: Item,
    file: str,
    row: Row,
    shown: Sequence[FacetColumn],
    pictures: PictureFiles,
    dropped: list[RowRejected],
) -> Item:
    facets = dict(item.facets)
    for facet in shown:
        cell = row.cells.get(facet.column)
        if not is_empty(cell):
            try:
                facets[facet.facet] = pictures.take(cell)
            except Unreadable as error:
                reason = f"{error}; the item stays without it"
                dropped.append(RowRejected(file, row.line, facet.column, str(cell), reason))
    return replace(item, facets=facets)


def _made_id(title: str, row: Row, taken: dict[str, int]) -> str:
    """The same for the same title in every build; of several rows with one title the others go by all their cells."""
    made, whole = _hashed(title), _hashed(repr(sorted((name, str(cell)) for name, cell in row.cells.items())))
    if made in taken:
        return whole
    taken.setdefault(whole, row.line)
    return made


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_MADE]


def _outcome(file: str, row: Row, columns: ItemColumns) -> Item | RowRejected:
    column = columns.item_id or columns.title
    try:
        item_id = "" if columns.item_id is None else _needed(row.cells.get(column), MAX_ID)
        column = columns.title
        written = _needed(row.cells.get(column), MAX_TITLE)
        title = as_text(plain(written), MAX_TITLE) or written
        column = columns.description or ""
        description = row.cells.get(column)
        text = "" if is_empty(description) else plain(as_text(description, MAX_TEXT))
        facets: dict[str, FacetValue] = {}
        for facet in columns.facets:
            column = facet.column
            if facet.spec.kind != "image":
                _put(facets, facet, row.cells.get(column))
    except Unreadable as error:
        return RowRejected(file, row.line, column, str(row.cells.get(column, "")), str(error))
    return Item(item_id, title, text, facets)


def _needed(cell: object, longest: int) -> str:
    text = "" if is_empty(cell) else as_text(cell, longest)
    if not text:
        raise Unreadable("empty; every row needs one")
    return text


def _known(cell: object, item_ids: frozenset[str] | set[str]) -> str:
    item_id = _needed(cell, MAX_ID)
    if item_id not in item_ids:
        raise Unreadable("no item has this id")
    return item_id


def _put(facets: dict[str, FacetValue], facet: FacetColumn, cell: object) -> None:
    if not says_nothing(cell):
        value = as_facet(cell, facet.spec.kind, facet.style)
        if value != ():
            facets[facet.facet] = value


def read_interactions(path: Path, item_ids: frozenset[str] | set[str]) -> Iterator[Interaction | RowRejected]:
    """Stream events. Columns: user_id, item_id, and if there: event, value, timestamp (unix seconds or ISO 8601)."""
    roles: dict[str, str] = {}
    shared: dict[str, str] = {i: i for i in item_ids}
    for row in read_table(path):
        if isinstance(row, RowRejected):
            yield row
            continue
        roles = roles or _roles(path.name, row)
        yield _interaction(path.name, row, roles, item_ids, shared)


def _roles(file: str, row: Row) -> dict[str, str]:
    table, free = wellknown(), {key_of(column): column for column in row.cells}
    roles: dict[str, str] = {}
    for role in table.roles["interactions"]:
        column = table.role("interactions", role, free)
        if column is not None:
            roles[role] = column
            del free[key_of(column)]
        elif role in ("user_id", "item_id"):
            raise CatalogError(f"{file!r} has no column {role!r} (it has {', '.join(row.cells)}); rename the one meant")
    return roles


def _interaction(
    file: str, row: Row, roles: Mapping[str, str], item_ids: frozenset[str] | set[str], shared: dict[str, str]
) -> Interaction | RowRejected:
    role = "user_id"
    cells = {name: row.cells.get(column) for name, column in roles.items()}
    try:
        user = _needed(cells["user_id"], MAX_ID)
        role = "item_id"
        item = _known(cells["item_id"], item_ids)
        role = "event"
        event = DEFAULT_EVENT if is_empty(cells.get(role)) else as_text(cells[role], MAX_ID)
        role = "value"
        value = None if is_empty(cells.get(role)) else as_number(cells[role])
        role = "timestamp"
        moment = None if is_empty(cells.get(role)) else as_moment(cells[role])
    except Unreadable as error:
        return RowRejected(file, row.line, roles[role], str(cells[role]), str(error))
    # The same few strings a million times: share them.
    return Interaction(shared.setdefault(user, user), shared[item], shared.setdefault(event, event), value, moment)


def write_rejected(path: Path, rejected: Iterable[RowRejected]) -> None:
    """Write refused rows as CSV: file, line, column, value, reason."""
    with path.open("w", encoding="utf-8", newline="", errors="backslashreplace") as out:
        writer = csv.writer(out)
        writer.writerow(("file", "line", "column", "value", "reason"))
        writer.writerows((r.file, r.line, r.column, r.value, r.reason) for r in rejected)
