"""From columns to facets: which column is the id and the title, what kind the others are, and why."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from retrieval.cells import PLAIN, Style
from retrieval.columns import MANY, SEPARATORS, Column, Parts
from retrieval.errors import CatalogError
from retrieval.manifest import ColumnsSpec, FacetKind, FacetSpec, ReadColumn
from retrieval.roles import Roles, find_roles
from retrieval.rows import Row
from retrieval.spec_file import Overlay, merged
from retrieval.wellknown import WellKnown, key_of, key_words, wellknown

MOST = 0.9
"""A column is of a kind when this share of its cells is; the rest are rejected rows."""
NAMED = 0.5
"""The same for a column whose name promises the kind."""
LEFT_OUT = "left out"

_ORDERED = frozenset({"numeric", "date"})
_SHORT, _FEW, _REPEATED, _PARTED = 40, 30, 0.6, 0.05
_BRACKETED = re.compile(r"\s*[(（\[][^)）\]]*[)）\]]")
_RANGE = re.compile(r"\s*\(?\d+\s*[-–/]\s*\d+\)?\s*$")
_LISTED, _PART, _REPEATS = 0.2, 25, 3.0
"""Cells are lists if so many hold the separator, and parts are as short and met as often as that."""


@dataclass(frozen=True, slots=True)
class FacetColumn:
    """Where a facet's values come from: a column, and how its cells are written."""

    column: str
    facet: str
    spec: FacetSpec
    style: Style = PLAIN


@dataclass(frozen=True, slots=True)
class ItemColumns:
    """How the columns of an item table are read: without an `item_id`, ids are made. `read` tells it to people."""

    item_id: str | None
    title: str
    description: str | None
    facets: tuple[FacetColumn, ...]
    read: tuple[ReadColumn, ...] = ()

    @property
    def said(self) -> ColumnsSpec:
        """The roles, so that the next file is read in the same way."""
        left_out = tuple(column.column for column in self.read if column.read_as == LEFT_OUT)
        return ColumnsSpec(
            item_id=self.item_id or "", title=self.title, description=self.description or "", left_out=left_out
        )


def infer_columns(rows: Iterable[Row], file: str, overlay: Overlay) -> ItemColumns:
    """Decide on every column by looking at all rows; CatalogError when nothing could be a title."""
    table, said = wellknown(), overlay.spec.columns
    count, columns = _count(rows)
    if not columns:
        raise CatalogError(f"{file!r} holds no row that can be read, or only its header; see the rejected rows")
    keys = {key: columns[name] for key, name in _keys(columns).items()}
    roles = find_roles(table, keys, said, file, count)
    taken = (roles.item_id, roles.title, roles.description)
    rest = {key: column for key, column in keys.items() if column.name not in taken or key in overlay.facets}
    unknown = sorted(set(overlay.facets) - set(rest))
    if unknown:
        raise CatalogError(f"catalog.toml names the facet {unknown[0]!r}, but {file!r} has {', '.join(sorted(rest))}")
    unused = {key: why for key, c in rest.items() if (why := _unused(key, c, overlay))}
    facets = tuple(facet_column(table, key, c, overlay) for key, c in rest.items() if key not in unused)
    told = _told(roles, columns, facets, {rest[key].name: why for key, why in unused.items()}, count)
    return ItemColumns(roles.item_id, roles.title, roles.description, facets, tuple(told))


def _unused(key: str, column: Column, overlay: Overlay) -> str:
    if column.name in overlay.spec.columns.left_out:
        return "set in catalog.toml"
    if key in overlay.facets or 2 * column.objects < column.filled:
        return ""
    return "objects, not values" if column.filled else "no value in any row"


def _count(rows: Iterable[Row]) -> tuple[int, dict[str, Column]]:
    columns: dict[str, Column] = {}
    count = 0
    for row in rows:
        count += 1
        for name, cell in row.cells.items():
            if name not in columns:
                columns[name] = Column(name)
            columns[name].add(cell)
    return count, columns


def _keys(columns: Iterable[str]) -> dict[str, str]:
    """A key of its own for every column; names without a letter, or too alike, get a number."""
    keys: dict[str, str] = {}
    for place, name in enumerate(columns, start=1):
        stem = key_of(name) or f"column_{place}"
        key = stem if stem not in keys else next(k for n in range(2, len(keys) + 3) if (k := f"{stem}_{n}") not in keys)
        keys[key] = name
    return keys


def _told(
    roles: Roles, columns: Mapping[str, Column], facets: Sequence[FacetColumn], unused: Mapping[str, str], rows: int
) -> Iterator[ReadColumn]:
    """Every column in the order of the file, and an id that is made."""
    role_of = {roles.description: "description", roles.item_id: "item_id", roles.title: "title"}
    if roles.item_id == roles.title:
        role_of[roles.title] = "item_id and title"
    if roles.item_id is None:
        change = '[columns] item_id = "…"'
        yield ReadColumn(column="", read_as="item_id", why=roles.why["item_id"], filled=1.0, change=change)
    by_column = {facet.column: facet for facet in facets}
    for name, column in columns.items():
        share = round(column.filled / rows, 4)
        if name in by_column:
            facet = by_column[name]
            change = f'[facets.{facet.facet}] kind = "…"'
            said: dict[str, str] = {"read_as": facet.facet, "kind": facet.spec.kind, "why": facet.spec.note}
        elif name in role_of:
            role = role_of[name]
            last = role.rpartition(" ")[2]
            said, change = {"read_as": role, "why": roles.why[last]}, f'[columns] {last} = "…"'
        else:
            said, change = {"read_as": LEFT_OUT, "why": unused.get(name, "its name is of no use")}, ""
        yield ReadColumn(column=name, filled=share, examples=tuple(column.examples), change=change, **said)


def facet_column(table: WellKnown, key: str, column: Column, overlay: Overlay) -> FacetColumn:
    """One facet: what catalog.toml says, else what the values and the name say."""
    said, known = overlay.facets.get(key, {}), table.defaults(key)
    kind, why = infer_kind(table, key, column)
    if "kind" in said:
        kind, why = FacetSpec.model_validate({"label": key, "kind": said["kind"]}).kind, "set in catalog.toml"
    style = _style(table, key, column, kind)
    values: dict[str, object] = {"label": _label(table, key, column.name, kind == "categorical"), **known}
    if kind != known.get("kind"):  # a date may come as a year: newer stays newer; for others the name misled
        kept = ("label", "phrases", "more", "less") if {kind, known.get("kind")} == _ORDERED else ("label", "phrases")
        values = {k: v for k, v in values.items() if k in kept}
    values |= {"kind": kind, "multi": bool(style.separator) or column.several, "note": _with_style(why, style, column)}
    values |= {"searchable": kind in ("categorical", "text"), "filterable": kind not in ("text", "image")}
    if kind in ("text", "image") and column.share(column.links + column.images) > NAMED:
        values |= {"searchable": False, "explainable": False}
    unit = column.currency or column.unit
    if kind == "numeric" and unit:
        values["unit"] = unit
    if kind == "numeric" and column.currency and not values.get("less"):
        values |= {name: table.facets["price"][name] for name in ("more", "less")}
    return FacetColumn(column.name, key, merged(key, values, said), style)


def _style(table: WellKnown, key: str, column: Column, kind: FacetKind) -> Style:
    separator = _separator(key, column, table) if kind == "categorical" else ""
    return Style(separator, column.unit, comma=column.comma, day_first=column.day_first)


def _with_style(why: str, style: Style, column: Column) -> str:
    notes = [why]
    if style.separator:
        notes.append(f"several values parted by {style.separator!r}")
    if column.comma:
        notes.append("a comma before the decimals")
    if column.dates and not column.days_first and "/" in "".join(column.examples):
        notes.append("the day before the month")
    return "; ".join(notes)


def infer_kind(table: WellKnown, key: str, column: Column) -> tuple[FacetKind, str]:
    """The kind of a column and the reason in a few words."""
    promised = table.kind(key)
    if column.lists:
        return "categorical", "lists of values"
    if promised == "date" and column.stamps and column.share(column.stamps + column.dates) >= NAMED:
        return "date", "days of eight digits"
    if column.only_yes_no and (promised == "boolean" or not column.numbers):
        return "boolean", "nothing but yes and no"
    if column.share(column.images) >= MOST or (promised == "image" and column.share(column.links) >= NAMED):
        return "image", "addresses of pictures"
    measured = column.units[column.unit] if column.unit else 0  # with mixed units the numbers do not compare
    counts: tuple[tuple[FacetKind, int], ...] = (("numeric", column.numbers + measured), ("date", column.dates))
    for kind, count in counts:
        share = column.share(count)
        if share >= MOST or (promised == kind and share >= NAMED):
            return kind, f"{share:.0%} of the cells are {'numbers' if kind == 'numeric' else 'dates'}"
    return _words(promised, column)


def _words(promised: FacetKind | None, column: Column) -> tuple[FacetKind, str]:
    distinct = f"{'over ' if len(column.distinct) >= MANY else ''}{len(column.distinct):,} different values"
    if column.share(column.links) >= NAMED:
        return "text", "links"
    if promised == "categorical":
        return "categorical", f"the name says so; {distinct}"
    if _separator("", column, wellknown()):
        return "categorical", "lists"
    repeated = len(column.distinct) <= _REPEATED * column.filled or column.filled <= _FEW
    if column.mean_length <= _SHORT and repeated:
        return "categorical", f"{distinct} in {column.filled:,} cells"
    return "text", f"{column.mean_length:.0f} characters on average, {distinct}"


def _separator(key: str, column: Column, table: WellKnown) -> str:
    """What parts the cells of a column: '|' always, others where the name says so or their parts come again and again,
    as elsewhere they are part of names."""
    if column.share(column.separators["|"].cells) > _PARTED:
        return "|"
    if table.defaults(key).get("multi"):
        known = (s for s in SEPARATORS if s != "/" and column.share(column.separators[s].cells) > _PARTED)
        return next(known, "")
    return next((s for s, parts in column.separators.items() if _are_lists(column, parts)), "")


def _are_lists(column: Column, parts: Parts) -> bool:
    often = column.share(parts.cells) >= _LISTED and parts.repeats >= _REPEATS
    return often and parts.mean_length <= _PART and len(parts.distinct) < len(column.distinct)


def _label(table: WellKnown, key: str, name: str, plural: bool) -> str:
    """What people call a facet: its column's name without the unit, in the singular."""
    if table.defaults(key) and table.stem(key) != key:
        words = table.stem(key).replace("_", " ")
    else:
        bare = _RANGE.sub("", _BRACKETED.sub(" ", name))
        words = " ".join(_lower(word) for word in key_words(bare) if word.casefold() not in table.endings)
    words = words or key.replace("_", " ")
    if not plural or not words.endswith("s") or words.endswith(("ss", "us", "is", "series")):
        return words
    return words.removesuffix("ies") + "y" if words.endswith("ies") else words.removesuffix("s")


def _lower(word: str) -> str:
    return word if len(word) > 1 and word.isupper() else word.lower()
