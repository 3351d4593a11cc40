"""Files to items and interactions, and what becomes of rows that cannot be used."""

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.cells import as_date, as_moment, as_number, as_text
from retrieval.errors import CatalogError, RowRejected
from retrieval.load import Loaded, load, write_rejected
from retrieval.source import find_source, source_of
from retrieval.spec_file import Overlay
from retrieval.types import FacetValue, Interaction, Item

CSV = "item_id,title,price,genres\na,First,3,x|y\nb,Second,4.5,z\n"


def read(folder: Path, text: str | bytes, name: str = "items.csv", log: str = "") -> Loaded:
    """Write a file and load it."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    if not log:
        return load(path, None, Overlay())
    (folder / "interactions.csv").write_text(log, encoding="utf-8")
    return load(path, folder / "interactions.csv", Overlay())


def reasons(loaded: Loaded) -> list[tuple[int, str, str, str]]:
    """Line, column, value and reason of what was refused."""
    return [(r.line, r.column, r.value, r.reason) for r in loaded.rejected]


FIRST = Item("a", "First", "", {"price": 3.0, "genres": ("x", "y")})


def test_csv_becomes_typed_items(tmp_path: Path) -> None:
    assert read(tmp_path, CSV).items == (FIRST, Item("b", "Second", "", {"price": 4.5, "genres": ("z",)}))


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_are_found(tmp_path: Path, separator: str) -> None:
    rows = [("item_id", "title", "price"), ("a", "One, or two", "3"), ("b", "Three", "4")]
    loaded = read(tmp_path, "\n".join(separator.join(row) for row in rows))
    assert [(i.title, i.facets["price"]) for i in loaded.items] == [("One, or two", 3.0), ("Three", 4.0)]


def test_quoted_cells_may_hold_separators_quotes_and_line_breaks(tmp_path: Path) -> None:
    loaded = read(tmp_path, 'item_id,title,description\na,"A ""B"", C","two\nlines"\nb,B,\n,C,\n')
    assert [(i.title, i.description) for i in loaded.items] == [('A "B", C', "two\nlines"), ("B", "")]
    assert loaded.rejected[0].line == 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    text = "item_id,title\na,Café Müller\nb,Préférence de l'été à Noël\n"
    assert read(tmp_path, text.encode(encoding)).items[0].title == "Café Müller"


def test_json_lines_keep_types_and_lists(tmp_path: Path) -> None:
    row = {"id": 7, "name": "X", "price": 3, "tags": ["p", "q", "p"], "new": True, "released": "2024-05-31"}
    loaded = read(tmp_path, json.dumps(row) + "\n\n", "items.jsonl")
    facets: dict[str, FacetValue] = {"price": 3.0, "tags": ("p", "q"), "new": True, "released": date(2024, 5, 31)}
    assert loaded.items == (Item("7", "X", "", facets),)


def test_gzipped_files_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, gzip.compress(CSV.encode()), "items.csv.gz").items[0] == FIRST


def test_parquet_is_read_and_its_nan_means_nothing(tmp_path: Path) -> None:
    table = {"item_id": ["a", "b"], "title": ["First", "Second"], "price": [3.0, float("nan")], "tags": [["x"], []]}
    pq.write_table(pa.table(table), tmp_path / "items.parquet")
    loaded = load(tmp_path / "items.parquet", None, Overlay())
    assert [dict(i.facets) for i in loaded.items] == [{"price": 3.0, "tags": ("x",)}, {}]


BAD_ROWS = [
    ("b,,4,z", (3, "title", "", "needs one")),
    (",B,4,z", (3, "item_id", "", "needs one")),
    ("a,B,4,z", (3, "item_id", "a", "already on line 2")),
    ("b,B,4", (3, "", "b,B,4", "3 cells where the header has 4")),
    ("b,B,4,z,z", (3, "", "b,B,4,z,z", "5 cells")),
    ("b,B,cheap,z", (3, "price", "cheap", "not a number")),
    ("b,B,1e999,z", (3, "price", "1e999", "not a finite number")),
    (f"b,{'B' * 1001},4,z", (3, "title", "B" * 1001, "1,001 characters")),
]


@pytest.mark.parametrize(("row", "expected"), BAD_ROWS)
def test_a_bad_csv_row_is_named_by_line_column_value_and_reason(
    tmp_path: Path, row: str, expected: tuple[int, str, str, str]
) -> None:
    text = f"item_id,title,price,genres\na,First,3,x|y\n{row}\n" + "".join(f"i{n},T,{n},x\n" for n in range(20))
    loaded = read(tmp_path, text)
    ((line, column, value, reason),) = reasons(loaded)
    assert (line, column, value) == expected[:3]
    assert expected[3] in reason
    assert (len(loaded.items), loaded.rows_in) == (21, 22)


BAD_LINES = [
    ('{"item_id": "b"', "not JSON"),
    ("[1, 2]", "not a JSON object"),
    ('{"item_id": "b", "title": "B", "price": NaN}', "NaN is no number"),
    ('{"item_id": "b", "title": "B", "price": 1e999}', "not a finite number"),
    ('{"item_id": "b", "title": "B", "price": true}', "yes/no where a number"),
    ('{"item_id": "b", "title": "B", "price": {"from": 3}}', "an object"),
    ('{"item_id": "b", "title": ["B"]}', "list where text"),
    ('{"item_id": "b", "title": "\\ud800"}', "lone surrogate"),
    ("[" * 100_000, "not JSON"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_LINES)
def test_a_bad_json_line_is_refused_with_a_reason(tmp_path: Path, line: str, reason: str) -> None:
    good = "".join(json.dumps({"item_id": f"i{n}", "title": "T", "price": n}) + "\n" for n in range(20))
    loaded = read(tmp_path, f"{good}{line}\n", "items.jsonl")
    ((at, _, _, why),) = reasons(loaded)
    assert (at, len(loaded.items)) == (21, 20)
    assert reason in why


def test_strict_stops_at_the_first_bad_row(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(CSV + ",nameless,1,x\n", encoding="utf-8")
    with pytest.raises(RowRejected, match=r"items\.csv:4: column 'item_id': ''"):
        load(tmp_path / "items.csv", None, Overlay(), strict=True)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("items.csv", b"", "is empty"),
        ("items.csv", b"item_id,title\n", "no row"),
        ("items.csv", b"item_id,title\n,x\n", "no row.*needs one"),
        ("items.csv.gz", b"this is not gzip", "gzip"),
        ("items.parquet", b"this is not parquet", "Parquet"),
        ("items.xlsx", b"PK", "convert it to CSV"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        read(tmp_path, content, name)


def test_a_cut_off_gzip_file_is_a_clear_error(tmp_path: Path) -> None:
    whole = gzip.compress("".join(f"{n},{n * 7919 % 104729}\n" for n in range(9999)).encode())
    with pytest.raises(CatalogError, match="not a complete gzip file"):
        read(tmp_path, whole[: len(whole) // 2], "items.csv.gz")


LOG = "user_id,item_id,event,value,timestamp\n"


def test_interactions_have_events_values_and_times(tmp_path: Path) -> None:
    loaded = read(tmp_path, CSV, log=LOG + "u,a,rating,7,1362062838\nu,b,,,2013-02-28T14:47:18Z\nv,b,rating,,\n")
    assert loaded.interactions == (
        Interaction("u", "a", "rating", 7.0, 1362062838.0),
        Interaction("u", "b", "interaction", None, 1362062838.0),
        Interaction("v", "b", "rating", None, None),
    )


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("u,zz,,,", "item_id", "no item has this id"),
        (",a,,,", "user_id", "needs one"),
        ("u,a,,much,", "value", "not a number"),
        ("u,a,,,yesterday", "timestamp", "neither unix seconds"),
    ],
)
def test_a_bad_interaction_is_refused_with_a_reason(tmp_path: Path, row: str, column: str, reason: str) -> None:
    (refused,) = read(tmp_path, CSV, log=LOG + row + "\nu,a,,,\n").rejected
    assert (refused.file, refused.line, refused.column) == ("interactions.csv", 2, column)
    assert reason in refused.reason


def test_a_log_without_people_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no column 'user_id'"):
        read(tmp_path, CSV, log="who,item_id\nu,a\n")


def test_refused_rows_go_to_a_file(tmp_path: Path) -> None:
    write_rejected(tmp_path / "rejected.csv", [RowRejected("items.csv", 3, "price", "a\nb", "not a number")])
    text = (tmp_path / "rejected.csv").read_text(encoding="utf-8")
    assert text == 'file,line,column,value,reason\nitems.csv,3,price,"a\nb",not a number\n'


def test_a_folder_is_a_source(tmp_path: Path) -> None:
    for name in ("items.csv", "interactions.csv", "catalog.toml", "aliases.en.toml", "aliases.fr.toml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    source = find_source(tmp_path)
    assert (source.items.name, len(source.aliases), source.embeddings) == ("items.csv", 2, None)
    assert set(source.hashes()) == {
        "items.csv",
        "interactions.csv",
        "catalog.toml",
        "aliases.en.toml",
        "aliases.fr.toml",
    }


def test_a_source_with_two_item_files_or_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no items"):
        find_source(tmp_path)
    for name in ("items.csv", "items.jsonl"):
        (tmp_path / name).write_text("", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"both 'items.csv' and 'items.jsonl'"):
        find_source(tmp_path)
    with pytest.raises(CatalogError, match="no folder"):
        find_source(tmp_path / "nowhere")
    with pytest.raises(CatalogError, match="no file"):
        source_of(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,299.00", 1299), ("$5", 5), ("12,50 €", 12.5), (" -3e2 ", -300), ("1,234,567", 1234567), (".5", 0.5)],
)
def test_numbers_are_read_as_people_write_them(text: str, number: float) -> None:
    assert as_number(text) == number


@pytest.mark.parametrize("text", ["2024-05-31", "31.05.2024", "31 May 2024", "May 31, 2024", "2024-05-31T10:00:00Z"])
def test_dates_are_read_as_people_write_them(text: str) -> None:
    assert as_date(text) == date(2024, 5, 31)


@given(st.dates())
def test_every_iso_date_is_read_back(day: date) -> None:
    assert as_date(day.isoformat()) == day


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_is_read_back(number: float) -> None:
    assert as_number(repr(number)) == number


@given(st.integers(min_value=0, max_value=2_000_000_000))
def test_seconds_and_milliseconds_are_the_same_moment(seconds: int) -> None:
    assert as_moment(str(seconds)) == seconds
    if seconds > 100_000_000:
        assert as_moment(seconds * 1000) == seconds


@given(st.text(max_size=200))
def test_text_comes_out_printable_and_stable_or_is_refused(text: str) -> None:
    try:
        clean = as_text(text, 1000)
    except ValueError:
        return
    assert as_text(clean, 1000) == clean
    assert not any(ord(c) < 32 and c not in "\n\t" for c in clean)
    clean.encode()


CELLS = st.one_of(
    st.none(), st.text(max_size=20), st.integers(), st.floats(), st.lists(st.text(max_size=5), max_size=3)
)


@given(rows=st.lists(st.dictionaries(st.sampled_from(["item_id", "title", "price", "tags"]), CELLS), max_size=8))
def test_every_row_is_kept_or_refused_never_lost(
    rows: Sequence[Mapping[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "items.jsonl"
    first = {"item_id": "the first", "title": "T", "price": 1, "tags": ["x"]}
    path.write_text("".join(json.dumps(row) + "\n" for row in [first, *rows]), encoding="utf-8")
    loaded = load(path, None, Overlay())
    assert len(loaded.items) + len(loaded.rejected) == loaded.rows_in == len(rows) + 1
    assert len({item.item_id for item in loaded.items}) == len(loaded.items)
