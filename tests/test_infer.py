"""Which kind a column is, what follows from its name, and that every decision is explained."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import CatalogError
from retrieval.infer import ItemColumns, infer_columns
from retrieval.manifest import FacetSpec
from retrieval.spec_file import Overlay, read_overlay
from retrieval.tables import Row


def infer(columns: Mapping[str, Sequence[object]], overlay: Overlay | None = None) -> ItemColumns:
    """Infer from whole columns; id and title are added."""
    n = max(map(len, columns.values()), default=1)
    ids: dict[str, Sequence[object]] = {"item_id": [f"i{i}" for i in range(n)], "title": ["t"] * n}
    table = {**ids, **columns}
    rows = [Row(i + 1, {name: cells[i] for name, cells in table.items() if i < len(cells)}) for i in range(n)]
    return infer_columns(rows, "items.csv", overlay or Overlay())


def spec(columns: Mapping[str, Sequence[object]], name: str, overlay: Overlay | None = None) -> FacetSpec:
    """The specification of one facet."""
    return {f.facet: f.spec for f in infer(columns, overlay).facets}[name]


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("price", ["9.99", "12", "$1,200.00", "0.5"], "numeric"),
        ("anything", ["9.99", "12", "7", "0.5"], "numeric"),
        ("released", ["2024-05-31", "2023-01-02", "31.05.2020"], "date"),
        ("in_stock", ["yes", "no", "yes"], "boolean"),
        ("in_stock", [1, 0, 1], "boolean"),
        ("in_stock", [True, False, True], "boolean"),
        ("grade", [1, 0, 1], "numeric"),
        ("genres", ["Drama|Comedy", "Drama", "Crime"], "categorical"),
        ("kinds", [["a", "b"], ["c"], []], "categorical"),
        ("shade", ["red", "blue", "red"], "categorical"),
        ("image", ["pics/1.webp", "pics/2.webp"], "image"),
        ("shot", ["https://x.org/a.jpg", "https://x.org/b.png?w=2"], "image"),
        ("page", ["https://x.org/a", "https://x.org/b"], "text"),
        ("notes", [f"A long sentence about item {i} that no other item would ever share." for i in range(9)], "text"),
        ("handle", [f"word{i}" for i in range(400)], "text"),
    ],
)
def test_the_kind_follows_from_the_values(name: str, cells: Sequence[object], kind: str) -> None:
    assert spec({name: cells}, name).kind == kind


def test_a_few_wrong_cells_do_not_change_the_kind_of_a_column() -> None:
    assert spec({"width": [*map(str, range(30)), "wide"]}, "width").kind == "numeric"
    assert spec({"price": ["3", "free", "5"]}, "price").kind == "numeric"


def test_well_known_numbers_say_what_cheaper_newer_and_shorter_mean() -> None:
    assert "cheaper" in spec({"price": [1, 2]}, "price").less
    assert "newer" in spec({"year": [1999, 2001]}, "year").more
    assert "shorter" in spec({"runtime": [90, 100]}, "runtime").less
    assert spec({"runtime": [90, 100]}, "runtime").unit == "min"


def test_a_year_is_shown_without_a_separator() -> None:
    assert not spec({"year": [1999, 2001]}, "year").grouped
    assert spec({"price": [1999, 2001]}, "price").grouped


def test_the_currency_comes_from_the_cells_or_from_the_name() -> None:
    assert spec({"price": ["$3", "$4"]}, "price").unit == "$"
    assert spec({"price_gbp": [3, 4]}, "price_gbp").unit == "£"
    assert spec({"price_gbp": [3, 4]}, "price_gbp").label == "price"


def test_one_unit_behind_every_number_is_taken_off() -> None:
    (facet,) = infer({"runtime": ["142 min", "90 min"]}).facets
    assert (facet.spec.kind, facet.suffix, facet.spec.unit) == ("numeric", "min", "min")


def test_mixed_units_are_never_compared_as_numbers() -> None:
    assert spec({"mass": ["500 g", "1.5 kg", "2 kg"]}, "mass").kind != "numeric"


def test_people_are_known_by_the_name_of_their_facet() -> None:
    director = spec({"director": ["Ann Lee", "Bo Ek"]}, "director")
    assert (director.kind, director.people, "directed by" in director.phrases) == ("categorical", True, True)
    assert "starring" in spec({"cast": [["A B"], ["C D", "E F"]]}, "cast").phrases


def test_lists_of_one_value_each_are_not_called_several() -> None:
    assert not spec({"country": [["France"], ["Spain"]]}, "country").multi
    assert spec({"country": [["France"], ["Spain", "Italy"]]}, "country").multi


def test_links_are_neither_searched_nor_shown_as_reasons() -> None:
    page = spec({"page": ["https://x.org/a", "https://x.org/b"]}, "page")
    assert (page.searchable, page.filterable, page.explainable) == (False, False, False)


def test_every_decision_is_explained() -> None:
    columns = infer({"price": [1, 2], "shade": ["red", "red"], "empty": [None, ""]})
    assert all(facet.spec.note for facet in columns.facets)
    assert any("'empty' was left out" in note for note in columns.notes)
    assert any("item_id is column 'item_id'" in note for note in columns.notes)


def test_what_a_person_says_wins_field_by_field() -> None:
    overlay = Overlay(facets={"price": {"unit": "€", "less": ["thriftier"]}, "shade": {"kind": "text"}})
    price = spec({"price": ["$3", "$4"], "shade": ["red", "red"]}, "price", overlay)
    assert (price.kind, price.unit, price.less, "pricier" in price.more) == ("numeric", "€", ("thriftier",), True)
    assert spec({"price": ["$3", "$4"], "shade": ["red", "red"]}, "shade", overlay).kind == "text"


def test_a_facet_nobody_has_is_a_mistake_in_catalog_toml() -> None:
    with pytest.raises(CatalogError, match=r"'colour'.*price"):
        infer({"price": [1, 2]}, Overlay(facets={"colour": {"kind": "text"}}))


def test_the_usual_names_stand_in_for_id_title_and_description() -> None:
    rows = [Row(2, {"SKU": "x1", "Product Name": "Boot", "Overview": "Warm.", "ReleaseYear": 2001})]
    columns = infer_columns(rows, "items.csv", Overlay())
    assert (columns.item_id, columns.title, columns.description) == ("SKU", "Product Name", "Overview")
    assert [(f.column, f.facet) for f in columns.facets] == [("ReleaseYear", "release_year")]


@pytest.mark.parametrize("missing", ["item_id", "title"])
def test_without_an_id_or_title_the_columns_that_are_there_are_named(missing: str) -> None:
    cells = {"item_id": "1", "title": "t", "price": 2}
    del cells[missing]
    with pytest.raises(CatalogError, match=f"{missing}.*'price'"):
        infer_columns([Row(2, cells)], "items.csv", Overlay())


def test_two_columns_that_are_too_alike_are_refused() -> None:
    with pytest.raises(CatalogError, match="'List Price' and 'list_price'"):
        infer({"List Price": [1], "list_price": [2]})


@given(st.lists(st.one_of(st.none(), st.text(max_size=30), st.floats(), st.integers(), st.booleans()), min_size=1))
def test_any_column_gets_a_kind_or_a_note(cells: list[object]) -> None:
    columns = infer({"thing": cells})
    assert columns.facets or any("'thing' was left out" in note for note in columns.notes)


def _written(folder: Path, text: str) -> Path:
    path = folder / "catalog.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_catalog_toml_is_read(tmp_path: Path) -> None:
    overlay = read_overlay(_written(tmp_path, 'noun = "boot"\n[facets.price]\nunit = "€"\n[events.buy]\nweight = 2'))
    assert (overlay.spec.noun, overlay.facets["price"]["unit"], overlay.spec.events["buy"].weight) == ("boot", "€", 2)
    assert read_overlay(None) == Overlay()


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("noun = ", "not TOML"),
        ("nuon = 'x'", "nuon"),
        ("noun = 3", "'noun' = 3"),
        ("facets = 3", r"\[facets.price\]"),
        ("[facets.price]\nkind = 'number'", "'price'.*'number'"),
        ("[facets.price]\nlesss = ['x']", "'price'.*lesss"),
        ("[events.buy]\nweight = 'much'", "events.buy.weight.*'much'"),
    ],
)
def test_a_mistake_in_catalog_toml_is_quoted(tmp_path: Path, text: str, quoted: str) -> None:
    with pytest.raises(CatalogError, match=quoted):
        read_overlay(_written(tmp_path, text))
