"""Which column is the id, the title, the description: by a known name, else by what its cells look like."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from retrieval.columns import Column
from retrieval.errors import CatalogError
from retrieval.manifest import ColumnsSpec
from retrieval.wellknown import WellKnown

_UNIQUE, _HALF = 0.99, 0.5
_NAMELIKE = re.compile(r"(?:^|_)(?:name|title|titel|titre|titulo|título|nome|nombre|nom)(?:_|$)|[名题題]")
_IDLIKE = re.compile(
    r"(?:^|_)(?:id|no|nr|num|number|code|key|ref|sku|isbn|isin|ean|gtin|barcode|slug|uuid|guid|handle|permalink|artikelnummer|bestellnummer|编号|序号|编码|代码|番号)$|(?:号|番|코드)$"
)
_LOOKS = "words, short and mostly different: looks like names"
_HARDLY, _FEW = 0.1, 20
_PROSE = 60
"""Characters on average from which on a column is a description."""
_ID_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Roles:
    """Columns by name; no `item_id`: ids are made. `why` explains each."""

    item_id: str | None
    title: str
    description: str | None
    why: Mapping[str, str]


def find_roles(table: WellKnown, keys: Mapping[str, Column], said: ColumnsSpec, file: str, rows: int) -> Roles:
    """Decide; CatalogError if a column that catalog.toml names is not there, or nothing could be a title."""
    names = {column.name: column for column in keys.values()}
    for wanted in (said.item_id, said.title, said.description, *said.left_out):
        if wanted and wanted not in names:
            raise CatalogError(f"catalog.toml names the column {wanted!r}, but {file!r} has {', '.join(names)}")
    why: dict[str, str] = {}
    item_id = _said(said.item_id, "item_id", why) if said.item_id is not None else _id(table, keys, rows, why)
    left = {key: column for key, column in keys.items() if column.name != item_id}
    title = _said(said.title, "title", why) if said.title else _title(table, left, rows, why)
    if not title or (item_id and not said.title and _hardly_tells(keys, title, why)):
        title = item_id
        why["title"] = "no other column tells the rows apart in words"
    if not title:
        title = _fullest(left.values())
        why["title"] = "no column holds words: the fullest one that differs most"
    if not title:
        raise CatalogError(f"no column of {file!r} could be a title (it has {', '.join(names)}); add one")
    left = {key: column for key, column in left.items() if column.name != title}
    if said.description is not None:
        description = _said(said.description, "description", why)
    else:
        description = _description(table, left, why)
    return Roles(item_id, title, description, why)


def _said(column: str | None, role: str, why: dict[str, str]) -> str | None:
    why[role] = "set in catalog.toml"
    return column or None


def _id(table: WellKnown, keys: Mapping[str, Column], rows: int, why: dict[str, str]) -> str | None:
    known = [name for name in table.roles["items"]["item_id"] if name in keys]
    for name in known:
        if name == known[0] == "item_id" or _identifies(keys[name], rows, _HALF, _HALF):
            why["item_id"] = "the name says so"
            return keys[name].name
    for key, column in keys.items():
        if _IDLIKE.search(key) and _identifies(column, rows, _UNIQUE, _UNIQUE):
            why["item_id"] = "named like an id, and different in every row"
            return column.name
    why["item_id"] = "no column identifies the rows: ids are made from the titles"
    return None


def _identifies(column: Column, rows: int, filled: float, variety: float) -> bool:
    written = column.filled - column.lists - column.objects
    return written >= filled * rows and column.variety >= variety and column.mean_length <= _ID_LENGTH


def _title(table: WellKnown, keys: Mapping[str, Column], rows: int, why: dict[str, str]) -> str | None:
    for name in table.roles["items"]["title"]:
        if name in keys and keys[name].filled and not keys[name].objects:
            why["title"] = "the name says so"
            return keys[name].name
    worth = {key: _worth(key, column) * (column.filled / rows) ** 2 for key, column in keys.items()}
    best = max(worth, key=lambda key: worth[key], default=None)
    if best is None or worth[best] <= 0:
        return None
    why["title"] = _LOOKS
    return keys[best].name


def _fullest(columns: Iterable[Column]) -> str | None:
    plain = [column for column in columns if column.filled > column.lists + column.objects]
    return max(plain, key=lambda column: (column.filled, column.variety)).name if plain else None


def _hardly_tells(keys: Mapping[str, Column], title: str, why: Mapping[str, str]) -> bool:
    """Whether a column that only looks like names has the same few for all rows: then ids are the better titles."""
    column = next(column for column in keys.values() if column.name == title)
    return why["title"] == _LOOKS and column.filled > _FEW and column.variety < _HARDLY


def _worth(key: str, column: Column) -> float:
    """How much a column looks like titles; 0 if it cannot be one."""
    other = column.links + column.images + column.dates + column.numbers + column.booleans
    if column.words <= _HALF * column.checked or other > _HALF * column.checked or column.lists or column.objects:
        return 0.0
    length = column.mean_length
    fits = 1.0 if 3 <= length <= 80 else 0.2 if length <= 200 else 0.05
    return fits * (0.1 + column.variety) * (2.0 if _NAMELIKE.search(key) else 1.0)


def _description(table: WellKnown, keys: Mapping[str, Column], why: dict[str, str]) -> str | None:
    for name in table.roles["items"]["description"]:
        if name in keys and keys[name].filled and not keys[name].objects:
            why["description"] = "the name says so"
            return keys[name].name
    longest = max(_prose(keys.values()), key=lambda column: column.mean_length, default=None)
    why["description"] = "no column holds long texts" if longest is None else "the longest texts of the file"
    return None if longest is None else longest.name


def _prose(columns: Iterable[Column]) -> Iterable[Column]:
    for column in columns:
        plain = column.words > _HALF * column.checked and column.links + column.images <= _HALF * column.checked
        if column.mean_length >= _PROSE and plain and column.variety >= _HALF and not column.lists:
            yield column
