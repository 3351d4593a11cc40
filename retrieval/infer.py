"""From columns to facets: which column is the id and the title, what kind the others are, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from retrieval.columns import MANY, Column
from retrieval.errors import CatalogError
from retrieval.manifest import FacetKind, FacetSpec
from retrieval.spec_file import Overlay, merged
from retrieval.tables import Row
from retrieval.wellknown import WellKnown, key_of, wellknown

MOST = 0.9
"""A column is of a kind when this share of its cells is; the rest are rejected rows."""
NAMED = 0.5
"""The same for a column whose name promises the kind."""

_ORDERED = frozenset({"numeric", "date"})
_SHORT, _FEW, _REPEATED, _PARTED = 40, 30, 0.6, 0.05


@dataclass(frozen=True, slots=True)
class FacetColumn:
    """Where a facet's values come from: a column, what parts its labels, and the unit its numbers end in."""

    column: str
    facet: str
    spec: FacetSpec
    separator: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class ItemColumns:
    """How the columns of an item table are read. `notes` say what was chosen and what was left out."""

    item_id: str
    title: str
    description: str | None
    facets: tuple[FacetColumn, ...]
    notes: tuple[str, ...] = ()


def infer_columns(rows: Iterable[Row], file: str, overlay: Overlay) -> ItemColumns:
    """Decide on every column by looking at all rows; CatalogError when there is no id or title column."""
    table, columns = wellknown(), _count(rows)
    keys = _keys(columns, file)
    if not columns:
        raise CatalogError(f"{file!r} holds no row that can be read; see the rejected rows")
    item_id, title = _required(table, "item_id", keys, file), _required(table, "title", keys, file)
    description = table.role("items", "description", {k: c for k, c in keys.items() if c not in (item_id, title)})
    taken = [item_id, title, description]
    rest = {key: columns[column] for key, column in keys.items() if column not in taken}
    unknown = sorted(set(overlay.facets) - set(rest))
    if unknown:
        raise CatalogError(f"catalog.toml names the facet {unknown[0]!r}, but {file!r} has {', '.join(sorted(rest))}")
    empty = [c.name for key, c in rest.items() if key not in overlay.facets and 2 * c.objects >= c.filled]
    facets = [facet_column(table, key, c, overlay) for key, c in rest.items() if c.name not in empty]
    notes = [f"item_id is column {item_id!r}", f"title is column {title!r}", f"description is column {description!r}"]
    notes += [f"column {name!r} was left out: it holds no value that can be used" for name in empty]
    return ItemColumns(item_id, title, description, tuple(facets), tuple(notes))


def _count(rows: Iterable[Row]) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for row in rows:
        for name, cell in row.cells.items():
            if name not in columns:
                columns[name] = Column(name)
            columns[name].add(cell)
    return columns


def _keys(columns: Iterable[str], file: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    for name in columns:
        key = key_of(name)
        if key in keys:
            raise CatalogError(f"{file!r} has the columns {keys[key]!r} and {name!r}, too alike; rename one")
        if key:
            keys[key] = name
    return keys


def _required(table: WellKnown, role: str, keys: Mapping[str, str], file: str) -> str:
    column = table.role("items", role, keys)
    if column is None:
        have = ", ".join(map(repr, keys.values()))
        raise CatalogError(f"{file!r} has no column {role!r} (it has {have}); rename the one that is meant")
    return column


def facet_column(table: WellKnown, key: str, column: Column, overlay: Overlay) -> FacetColumn:
    """One facet: what catalog.toml says, else what the values and the name say."""
    said, known = overlay.facets.get(key, {}), table.defaults(key)
    kind, why = (said["kind"], "set in catalog.toml") if "kind" in said else infer_kind(table, key, column)
    separator = _separator(key, column, table) if kind == "categorical" else ""
    values: dict[str, object] = {"label": _label(table.stem(key), kind == "categorical"), **known}
    if kind != known.get("kind"):  # a date may come as a year: newer stays newer; for others the name misled
        kept = ("label", "phrases", "more", "less") if {kind, known.get("kind")} == _ORDERED else ("label", "phrases")
        values = {k: v for k, v in values.items() if k in kept}
    values |= {"kind": kind, "multi": bool(separator) or column.several, "note": why}
    values |= {"searchable": kind in ("categorical", "text"), "filterable": kind not in ("text", "image")}
    if kind in ("text", "image") and column.share(column.links + column.images) > NAMED:
        values |= {"searchable": False, "explainable": False}
    unit = column.currency or column.unit
    if kind == "numeric" and unit:
        values["unit"] = unit
    return FacetColumn(column.name, key, merged(key, values, said), separator, column.unit)


def infer_kind(table: WellKnown, key: str, column: Column) -> tuple[FacetKind, str]:
    """The kind of a column and the reason in a few words."""
    promised = table.kind(key)
    if column.lists:
        return "categorical", "lists of values"
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
    if column.share(column.separators["|"]) > _PARTED:
        return "categorical", "several values parted by '|'"
    repeated = len(column.distinct) <= _REPEATED * column.filled or column.filled <= _FEW
    if column.mean_length <= _SHORT and repeated:
        return "categorical", f"{distinct} in {column.filled:,} cells"
    return "text", f"{column.mean_length:.0f} characters on average, {distinct}"


def _separator(key: str, column: Column, table: WellKnown) -> str:
    if column.share(column.separators["|"]) > _PARTED:
        return "|"
    if table.defaults(key).get("multi"):  # elsewhere ';' and ',' are part of names
        return next((s for s in (";", ",") if column.share(column.separators[s]) > _PARTED), "")
    return ""


def _label(key: str, plural: bool) -> str:
    words = key.replace("_", " ")
    if not plural or not words.endswith("s") or words.endswith(("ss", "us", "is", "series")):
        return words
    return words.removesuffix("ies") + "y" if words.endswith("ies") else words.removesuffix("s")
