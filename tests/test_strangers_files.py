"""Files of strangers: a build works or fails with one clear error, and every row is accounted for."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import Assistant, TurnRequest
from agent.rules.model import RulesModel
from retrieval.build import build
from retrieval.errors import CatalogError
from retrieval.index import open_index
from retrieval.load import Loaded, load
from retrieval.source import source_of
from retrieval.spec_file import Overlay
from tests.fakes_retrieval import LetterEmbedder
from tests.fakes_store import MemoryStore

HEADERS = [
    "书名",
    "preço",
    "Prix (€)",
    "item id",
    "Title",
    "",
    "name",
    "Name",
    "Größe cm",
    "released",
    "tags",
    "x\ny",
    "2",
]
CELLS = st.one_of(
    st.sampled_from(["", "N/A", "nan", "#N/A", "暂无", "-", "unknown", "0", "1"]),
    st.sampled_from(["$1,299.00", "1.299,00 €", "12,50", "39.80元", "1 299", "-5", "1e3", "call us", "12 cm", "5 kg"]),
    st.sampled_from(
        ["2024-05-31", "31/05/2024", "05/31/2024", "2024年5月31日", "20240531", "May 31, 2024", "yesterday"]
    ),
    st.sampled_from(["a|b", "a, b", '["a", "b"]', "[1, 2", "a;b", "yes", "no", "ja", "x" * 5000]),
    st.sampled_from(
        ["<p>Nice &amp; <b>warm</b></p>", "<script>alert(1)</script>", "a < b", "pics/no.png", "http://x.y/z"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12),
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "gb18030")
BREAKS: tuple[Callable[[str], str], ...] = (
    lambda line: line,
    lambda line: line + ";,\tmore",
    lambda line: line[: len(line) // 2],
    lambda line: '"' + line,
    lambda line: line.replace('"', "", 1),
    lambda line: "",
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    header = draw(st.lists(st.sampled_from(HEADERS), min_size=1, max_size=6))
    row = st.lists(CELLS, min_size=len(header), max_size=len(header))
    return header, draw(st.lists(row, max_size=25))


def accounted(loaded: Loaded) -> None:
    assert len(loaded.items) + len(loaded.rejected) == loaded.rows_in
    assert len({item.item_id for item in loaded.items}) == len(loaded.items)
    assert all(item.item_id and item.title for item in loaded.items)
    assert all(refused.reason and refused.line > 0 for refused in (*loaded.rejected, *loaded.dropped))
    read = [column.read_as for column in loaded.columns.read if column.read_as != "left out"]
    assert len(read) == len(set(read))
    assert all(column.why for column in loaded.columns.read)


def loaded_or_told(path: Path) -> Loaded | None:
    """Load a file; None when it fails as it may: with one sentence that quotes the file."""
    told = ""
    try:
        loaded = load(path, None, Overlay())
    except CatalogError as error:
        told = str(error)
    if told:
        assert path.name in told
        return None
    accounted(loaded)
    return loaded


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=tables(), delimiter=st.sampled_from(",;\t|"), encoding=st.sampled_from(ENCODINGS))
def test_a_whole_csv_keeps_every_row(
    table: tuple[list[str], list[list[str]]],
    delimiter: str,
    encoding: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    header, rows = table
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows(rows)
    path = tmp_path_factory.mktemp("whole") / "items.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    loaded = loaded_or_told(path)
    told = sum(any(cell.strip() for cell in row) for row in rows)
    if loaded is not None and len(header) > 1 and encoding.startswith("utf"):
        assert told <= loaded.rows_in <= len(rows)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=tables(), breaks=st.lists(st.sampled_from(BREAKS), min_size=25, max_size=25))
def test_broken_lines_cost_no_more_than_themselves(
    table: tuple[list[str], list[list[str]]],
    breaks: list[Callable[[str], str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    _, rows = table
    good = [f"id{n},Thing {n},{n}.50" for n in range(len(rows) + 1)]
    broken = [change(line) for change, line in zip(breaks, good, strict=False)]
    lines = [line for pair in zip(good, [*broken, ""], strict=False) for line in pair]
    path = tmp_path_factory.mktemp("broken") / "items.csv"
    path.write_text("\n".join(["item_id,title,price", *lines]), encoding="utf-8")
    loaded = loaded_or_told(path)
    assert loaded is not None
    assert {f"id{n}" for n in range(len(good))} <= {item.item_id for item in loaded.items}
    assert loaded.rows_in == sum(bool(line) for line in lines)


def test_an_open_quote_costs_one_row_of_ten_thousand(tmp_path: Path) -> None:
    lines = [f'{n},"Thing {n}","It is, as said, the {n}th"' for n in range(10_000)]
    for n in range(50, 10_000, 100):
        lines[n] = lines[n].replace('th"', "th")
    (tmp_path / "items.csv").write_text("\n".join(["id,name,about", *lines]), encoding="utf-8")
    loaded = load(tmp_path / "items.csv", None, Overlay())
    accounted(loaded)
    assert (len(loaded.items), len(loaded.rejected)) == (9_900, 100)
    assert [refused.line for refused in loaded.rejected] == list(range(52, 10_002, 100))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(
        st.dictionaries(
            st.sampled_from(HEADERS), st.one_of(CELLS, st.none(), st.integers(), st.floats(), st.booleans())
        )
    )
)
def test_json_lines_and_parquet_as_well(
    rows: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("json")
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    loaded = loaded_or_told(folder / "items.jsonl")
    assert loaded is None or loaded.rows_in == len(rows)
    words = [{name: None if cell is None else str(cell) for name, cell in row.items()} for row in rows]
    names = sorted({name for row in words for name in row})
    pq.write_table(
        pa.table({name: pa.array([row.get(name) for row in words], pa.string()) for name in names}),
        folder / "items.parquet",
    )
    whole = loaded_or_told(folder / "items.parquet")
    assert whole is None or whole.rows_in == len(rows)


ODD = {
    "books": "书名;作者;定价;分类;简介\n三体;刘慈欣;39.80元;科幻、小说;外星\n活着;余华;28元;小说;人生\n边城;沈从文;暂无;小说;小镇\n",  # noqa: E501
    "one row": 'Nome do produto,preço\nCadeira,"R$ 1.299,00"\n',
    "one column": "Song\nLet it be\nYesterday\nHelp!\n",
    "numbers only": "a,b,c\n1,2,3\n4,5,6\n",
    "same titles": "title,price\nBoot,1\nBoot,2\nBoot,3\nBoot,3\n",
    "same columns": "name,price,price,,\nBoot,1,2,3,4\nHat,2,3,4,5\n",
    "Excel": "sep=;\nName;Preis\nStuhl;12,50\nTisch;1.299,00\n",
    "backslashes": 'id,name,about\n1,Boot,"he said \\"warm\\", twice"\n2,Hat,"dry"\n',
    "blank lines": "\n\nname,price\n\nBoot,1\n\nHat,2\n\n",
    "html": "name,description\nBoot,<ul><li>Warm</li><li>Dry</li></ul>\nHat,<p>Light &amp; <i>soft</i></p>\n",
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_makes_a_chat(name: str, tmp_path: Path) -> None:
    (tmp_path / "things.csv").write_text(ODD[name], encoding="utf-8")
    manifest = build(source_of(tmp_path / "things.csv"), tmp_path / "out", home=tmp_path, embedder=LetterEmbedder())
    index = open_index(tmp_path / "out", tmp_path, LetterEmbedder())
    assert manifest.items + manifest.rows_rejected == manifest.rows_in
    assert manifest.columns and manifest == index.manifest
    store = MemoryStore()
    assistant = Assistant(index, RulesModel(index.linker, index.catalog), store, store)
    for text in ("hello", f"something like {index.catalog.items[0].title}", "recommend something", "what else?"):
        done = assistant.ask(TurnRequest(text, user="ann", session="s"))
        assert done.reply.strip()
        assert "<" not in "".join(card.item.description for card in done.cards)
    assert index.catalog.items[0].title in {i.title for i in index.catalog.items}


def test_a_file_without_rows_says_so(tmp_path: Path) -> None:
    for content in ("", "\n\n", "name,price\n", "name,price\n,\n"):
        (tmp_path / "items.csv").write_text(content, encoding="utf-8")
        with pytest.raises(CatalogError, match=r"items\.csv"):
            load(tmp_path / "items.csv", None, Overlay())


def test_ids_that_are_made_stay_the_same_when_rows_move_and_prices_change(tmp_path: Path) -> None:
    ids = []
    for content in ("name,price\nBoot,1\nHat,2\n", "name,price\nHat,5\nScarf,3\nBoot,1\n"):
        (tmp_path / "items.csv").write_text(content, encoding="utf-8")
        ids.append({item.title: item.item_id for item in load(tmp_path / "items.csv", None, Overlay()).items})
    assert all(ids[1][title] == item_id for title, item_id in ids[0].items())


def test_odd_interactions_are_kept_or_refused(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("item_id,title\na,A\nb,B\n", encoding="utf-8")
    rows = [
        "u,a,5,1700000000",
        "u,b,4.5,2024-05-31",
        "v,a,,31/05/2024",
        "v,b,3,1700000000000",
        "w,zz,1,",
        ",a,1,",
        "w,a,lots,",
        "w,b,1,soon",
    ]
    (tmp_path / "log.csv").write_text("\n".join(["customer,product,stars,when", *rows]), encoding="utf-8")
    loaded = load(tmp_path / "items.csv", tmp_path / "log.csv", Overlay())
    assert (len(loaded.interactions), len(loaded.rejected), loaded.rows_in) == (4, 4, 10)
