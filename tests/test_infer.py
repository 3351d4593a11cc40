"""Which kind a column is, what follows from its name, and that every decision is explained."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.cells import as_facet
from retrieval.errors import CatalogError
from retrieval.infer import ItemColumns, infer_columns
from retrieval.manifest import CatalogSpec, ColumnsSpec, FacetSpec
from retrieval.nouns import with_noun
from retrieval.rows import Row
from retrieval.spec_file import Overlay, read_overlay


def infer(columns: Mapping[str, Sequence[object]], overlay: Overlay | None = None) -> ItemColumns:
    """Infer from whole columns; id and title are added."""
    n = max(map(len, columns.values()), default=1)
    ids: dict[str, Sequence[object]] = {"item_id": [f"i{i}" for i in range(n)], "title": ["t"] * n}
    table = {**ids, "description": ["d"] * n, **columns}
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
    assert (facet.spec.kind, facet.style.suffix, facet.spec.unit) == ("numeric", "min", "min")


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
    read = {column.column: column for column in columns.read}
    assert list(read) == ["item_id", "title", "description", "price", "shade", "empty"]
    assert all(column.why for column in columns.read)
    assert (read["empty"].read_as, read["item_id"].read_as) == ("left out", "item_id")
    assert read["price"].change == '[facets.price] kind = "…"'
    assert read["shade"].examples == ("red", "red")


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


def test_without_an_id_column_ids_are_made() -> None:
    columns = infer_columns([Row(2, {"title": "t", "price": 2})], "items.csv", Overlay())
    assert (columns.item_id, columns.title) == (None, "title")
    assert columns.read[0].read_as == "item_id" and "made" in columns.read[0].why


def test_without_a_title_column_the_one_that_looks_like_names_is_taken() -> None:
    rows = [Row(n, {"item_id": f"{n}", "price": n, "was": f"Thing number {n}", "shade": "red"}) for n in range(9)]
    assert infer_columns(rows, "items.csv", Overlay()).title == "was"
    numbers = [Row(n, {"item_id": f"{n}", "price": n}) for n in range(9)]
    assert infer_columns(numbers, "items.csv", Overlay()).title == "item_id"


def test_columns_that_are_too_alike_keep_apart() -> None:
    columns = infer({"List Price": [1], "list_price": [2], "!": [3]})
    assert [(f.column, f.facet) for f in columns.facets] == [
        ("List Price", "list_price"),
        ("list_price", "list_price_2"),
        ("!", "column_6"),
    ]


def test_a_person_says_which_column_is_what() -> None:
    spec = CatalogSpec(columns=ColumnsSpec(item_id="", title="was", description="", left_out=("secret",)))
    row = Row(2, {"item_id": "7", "title": "t", "was": "w", "description": "d", "secret": "s"})
    columns = infer_columns([row], "items.csv", Overlay(spec))
    assert (columns.item_id, columns.title, columns.description) == (None, "was", None)
    assert {f.facet for f in columns.facets} == {"item_id", "title", "description"}
    assert columns.said == spec.columns
    with pytest.raises(CatalogError, match=r"'wass'.*was"):
        infer_columns([row], "items.csv", Overlay(CatalogSpec(columns=ColumnsSpec(title="wass"))))


@pytest.mark.parametrize(
    ("cells", "kind", "value"),
    [
        (["1.299,00 €", "12,50 €", "899 €"], "numeric", [1299.0, 12.5, 899.0]),
        (["1.299", "12,5", "7"], "numeric", [1299.0, 12.5, 7.0]),
        (["$1,299.00", "$12.50", "$899"], "numeric", [1299.0, 12.5, 899.0]),
        (["1 299,90 kr", "99,- kr"], "numeric", [1299.9, 99.0]),
        (["CHF 1'299.50", "CHF 12.50"], "numeric", [1299.5, 12.5]),
        (["￥39.80", "28元"], "numeric", [39.8, 28.0]),
        (["31/05/2024", "01/02/2024"], "date", [date(2024, 5, 31), date(2024, 2, 1)]),
        (["05/31/2024", "01/02/2024"], "date", [date(2024, 5, 31), date(2024, 1, 2)]),
        (["2024年5月31日", "2024年6月"], "date", [date(2024, 5, 31), date(2024, 6, 1)]),
        (["a|b", "b"], "categorical", [("a", "b"), ("b",)]),
        (['["a", "b"]', "['b']", "[]"], "categorical", [("a", "b"), ("b",)]),
        (["a, b", "b, c", "a, c", "c, a, b", "b"] * 3, "categorical", [("a", "b"), ("b", "c")]),
        (["科幻、小说", "小说", "科幻、历史", "历史、小说"] * 3, "categorical", [("科幻", "小说"), ("小说",)]),
    ],
)
def test_cells_are_read_as_their_column_writes_them(cells: list[str], kind: str, value: list[object]) -> None:
    (facet,) = infer({"x": cells}).facets
    assert facet.spec.kind == kind
    assert [as_facet(cell, facet.spec.kind, facet.style) for cell in cells[: len(value)]] == value


@given(st.lists(st.one_of(st.none(), st.text(max_size=30), st.floats(), st.integers(), st.booleans()), min_size=1))
def test_any_column_gets_a_kind_or_a_note(cells: list[object]) -> None:
    columns = infer({"thing": cells})
    assert [c.read_as for c in columns.read if c.column == "thing"] in (["thing"], ["left out"], ["description"])


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


@pytest.mark.parametrize(
    ("source", "title", "nouns"),
    [
        ("books", "书名", ("book", "books")),
        ("my_recipes", "Dish", ("recipe", "recipes")),
        ("dishes", "Dish", ("dish", "dishes")),
        ("data", "Fund Name", ("fund", "funds")),
        ("export", "company_name", ("company", "companies")),
        ("products", "product_name", ("item", "items")),
        ("catalog", "Title", ("item", "items")),
        ("2024-items", "名称", ("item", "items")),
    ],
)
def test_a_noun_comes_from_the_file_or_from_the_column_of_names(
    source: str, title: str, nouns: tuple[str, str]
) -> None:
    spec = with_noun(CatalogSpec(columns=ColumnsSpec(title=title)), source)
    assert (spec.noun, spec.nouns) == nouns
    assert with_noun(CatalogSpec(noun="tome", nouns="tomes"), source).noun == "tome"


def test_labels_are_what_people_say() -> None:
    columns = {"Risk 1-7": [1, 2], "Zubereitungszeit (Min)": [20, 30], "AUM (m$)": [3, 4], "unit_price": [1, 2]}
    assert [f.spec.label for f in infer(columns).facets] == ["risk", "zubereitungszeit", "AUM", "unit price"]
