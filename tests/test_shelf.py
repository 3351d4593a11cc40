"""A catalogue on disk: the same answers as the one in memory, items decoded when they are looked at."""

from datetime import date
from pathlib import Path

import pytest

from retrieval.catalog import Catalog
from retrieval.errors import IndexUnusable
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.shelf import read_catalog, write_catalog
from retrieval.types import Constraint, Item, Op

SPEC = CatalogSpec(
    name="boots",
    facets={
        "kind": FacetSpec(kind="categorical", label="kind", multi=True),
        "price": FacetSpec(kind="numeric", label="price"),
        "since": FacetSpec(kind="date", label="since"),
        "new": FacetSpec(kind="boolean", label="new"),
        "note": FacetSpec(kind="text", label="note"),
    },
)
BOOTS = Catalog(
    [
        Item("a", "Ash \u2028 boot", "Line one.\nLine two.", {"kind": ("boot", "high"), "price": 3.5, "new": True}),
        Item("b", "Birch", "白い。", {"kind": ("boot",), "since": date(2020, 2, 29), "note": "fragile"}),
        Item("c", "Cedar", "", {}),
    ],
    SPEC,
)


def shelved(folder: Path) -> Catalog:
    """Write and open it."""
    write_catalog(folder, BOOTS)
    return read_catalog(folder, SPEC)


def test_items_come_back_as_they_were(tmp_path: Path) -> None:
    catalog = shelved(tmp_path)
    assert tuple(catalog.items) == BOOTS.items
    assert list(catalog.items[1:]) == list(BOOTS.items[1:])
    assert catalog.items[-1] == BOOTS.items[-1]
    assert (catalog.ids, catalog.titles) == (BOOTS.ids, BOOTS.titles)
    with pytest.raises(IndexError):
        catalog.items[3]


@pytest.mark.parametrize(
    "constraint",
    [
        Constraint("kind", Op.IN, ("high", "none")),
        Constraint("kind", Op.NOT_IN, ("high",)),
        Constraint("price", Op.LE, (4.0,)),
        Constraint("since", Op.GT, (date(2020, 1, 1),)),
        Constraint("new", Op.IN, (True,)),
    ],
)
def test_conditions_are_answered_from_the_columns(tmp_path: Path, constraint: Constraint) -> None:
    assert shelved(tmp_path).mask([constraint]).tolist() == BOOTS.mask([constraint]).tolist()


def test_columns_are_read_without_looking_at_an_item(tmp_path: Path) -> None:
    write_catalog(tmp_path, BOOTS)
    path = tmp_path / "items.jsonl"
    path.write_bytes(b"?" * path.stat().st_size)
    catalog = read_catalog(tmp_path, SPEC)
    assert catalog.values("kind") == BOOTS.values("kind")
    assert catalog.bounds("price") == BOOTS.bounds("price")
    with pytest.raises(IndexUnusable, match="damaged"):
        catalog.get("a")


@pytest.mark.parametrize("name", ["items.jsonl", "columns.npz", "columns.json"])
def test_a_damaged_or_missing_file_says_to_build_again(tmp_path: Path, name: str) -> None:
    write_catalog(tmp_path, BOOTS)
    (tmp_path / name).write_bytes(b"[]")
    with pytest.raises(IndexUnusable, match="build the index again"):
        read_catalog(tmp_path, SPEC)
    (tmp_path / name).unlink()
    with pytest.raises(IndexUnusable, match="build the index again"):
        read_catalog(tmp_path, SPEC)


def test_columns_of_other_items_are_refused(tmp_path: Path) -> None:
    write_catalog(tmp_path, BOOTS)
    other = CatalogSpec(name="boots", facets={**SPEC.facets, "colour": SPEC.facets["kind"]})
    with pytest.raises(IndexUnusable, match="build the index again"):
        read_catalog(tmp_path, other)
