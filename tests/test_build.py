"""A build is whole or nothing: what is in an index, and what becomes of it when things go wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.build import build
from retrieval.errors import CatalogError, EmbedderUnusable, IndexMissing, IndexUnusable, RowRejected
from retrieval.index import Index, is_stale, open_index, ship_embeddings
from retrieval.source import find_source
from retrieval.types import Constraint, Op, Query
from retrieval.update import apply_changes
from retrieval.vectors_chroma import server_collections
from retrieval.versions import current_version
from tests.boot_shop import built, nearest, write_shop
from tests.chroma_server import running_chroma
from tests.fakes_retrieval import LetterEmbedder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small source."""
    return write_shop(tmp_path / "shop")


@pytest.fixture
def out(tmp_path: Path, folder: Path) -> Path:
    """A built index."""
    built(folder, tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture(scope="module")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Chroma server."""
    with running_chroma(tmp_path_factory.mktemp("server")) as url:
        yield url


def opened(out: Path) -> Index:
    """Open without a model."""
    return open_index(out, out, LetterEmbedder())


def test_a_built_index_answers_queries(out: Path) -> None:
    cheap = Query(text="boot", constraints=(Constraint("price", Op.LE, (30,)),))
    found = opened(out).retriever.retrieve(cheap)
    assert {candidate.item.title for candidate in found.candidates} == {"Green hat", "Red boot"}
    assert nearest(out, "green felt hat") == "c"


def test_items_come_back_as_they_were_read(out: Path) -> None:
    scarf = opened(out).catalog.get("d")
    assert scarf is not None
    assert (scarf.title, dict(scarf.facets)) == ("Grey scarf", {"kind": ("scarf", "wool")})


def test_the_manifest_says_what_was_built_from_what(out: Path, folder: Path) -> None:
    manifest = opened(out).manifest
    assert (manifest.items, manifest.rows_in, manifest.rows_rejected) == (4, 8, 1)
    assert (manifest.interactions, manifest.people, manifest.embedder) == (3, 2, "letters")
    assert manifest.coverage == {"kind": 1.0, "price": 0.75}
    assert (manifest.spec.name, manifest.spec.noun, manifest.spec.facets["price"].unit) == ("shop", "thing", "€")
    assert set(manifest.sources) == {"items.jsonl", "interactions.csv", "catalog.toml", "aliases.en.toml"}
    assert {"read", "embed", "store vectors", "write"} <= set(manifest.seconds)


def test_refused_rows_and_aliases_lie_in_the_index(out: Path) -> None:
    version = current_version(out)
    assert "zz,no item has this id" in (version / "rejected.csv").read_text(encoding="utf-8")
    assert (version / "aliases.en.toml").is_file()


def test_a_changed_source_makes_the_index_stale(out: Path, folder: Path) -> None:
    index = opened(out)
    assert not is_stale(index, find_source(folder))
    (folder / "catalog.toml").write_text('noun = "item"\n', encoding="utf-8")
    assert is_stale(index, find_source(folder))


def test_shipped_embeddings_spare_the_next_build_the_model(out: Path, folder: Path, tmp_path: Path) -> None:
    ship_embeddings(opened(out), folder / "embeddings.npz")
    embedder = LetterEmbedder()
    build(find_source(folder), tmp_path / "other", home=out, embedder=embedder)
    assert embedder.embedded == []
    assert nearest(tmp_path / "other", "green felt hat") == "c"


def test_a_chroma_server_holds_the_vectors_of_the_live_version_and_the_one_before(
    chroma_server: str, folder: Path, tmp_path: Path
) -> None:
    for _ in range(3):
        build(
            find_source(folder), tmp_path / "index", home=tmp_path, embedder=LetterEmbedder(), chroma_url=chroma_server
        )
    assert not (current_version(tmp_path / "index") / "chroma").exists()
    assert nearest(tmp_path / "index", "green felt hat") == "c"
    apply_changes(tmp_path / "index", [], ["c"], home=tmp_path, embedder=LetterEmbedder())
    assert nearest(tmp_path / "index", "green felt hat") != "c"
    versions = sorted(path.name for path in (tmp_path / "index" / "versions").iterdir())
    assert sorted(server_collections(chroma_server, "shop.")) == [f"shop.{version}" for version in versions]


def test_strict_stops_and_builds_nothing(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RowRejected, match="zz"):
        build(find_source(folder), tmp_path / "index", home=tmp_path, embedder=LetterEmbedder(), strict=True)
    with pytest.raises(IndexMissing):
        current_version(tmp_path / "index")


def test_aliases_of_unknown_values_stop_the_build(folder: Path, tmp_path: Path) -> None:
    (folder / "aliases.en.toml").write_text('[kind]\n"shoe" = ["pump"]\n', encoding="utf-8")
    with pytest.raises(CatalogError, match="shoe"):
        built(folder, tmp_path / "index")


def test_a_second_build_replaces_the_first_and_keeps_it_as_the_previous(out: Path, folder: Path) -> None:
    versions = [current_version(out)]
    for _ in range(3):
        built(folder, out)
        versions.append(current_version(out))
    assert len(set(versions)) == 4
    assert sorted((out / "versions").iterdir()) == sorted(versions[-2:])


def test_nothing_built_is_said_with_the_command_to_run(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="sommelier build"):
        open_index(tmp_path / "nowhere", tmp_path)


def test_another_embedder_is_refused(out: Path) -> None:
    other = LetterEmbedder()
    other.name = "other letters"
    with pytest.raises(EmbedderUnusable, match="'letters', not 'other letters'"):
        open_index(out, out, other)


@pytest.mark.parametrize(
    "name",
    ["manifest.json", "items.jsonl", "embeddings.npy", "interactions.npz", "fusion.json", "store.json", "chroma"],
)
@pytest.mark.parametrize("harm", ["gone", "garbage", "cut"])
def test_a_damaged_index_is_named_and_the_next_step_too(out: Path, name: str, harm: str) -> None:
    path = current_version(out) / name
    _damage(path / "chroma.sqlite3" if path.is_dir() else path, harm)
    with pytest.raises(Exception, match="build") as caught:
        opened(out)
    assert type(caught.value).__name__ in ("IndexUnusable", "StoreDown")


def _damage(path: Path, harm: str) -> None:
    match harm:
        case "gone":
            path.unlink()
        case "garbage":
            path.write_bytes(b"\x00\xff garbage" * 50)
        case _:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_an_index_of_another_schema_version_is_refused(out: Path) -> None:
    path = current_version(out) / "manifest.json"
    text = path.read_text(encoding="utf-8").replace('"schema_version": 1', '"schema_version": 99')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(IndexUnusable, match="schema 99"):
        opened(out)


@pytest.mark.parametrize("content", ["", "nothing-here", "../.."])
def test_a_wrong_current_is_refused(out: Path, content: str) -> None:
    (out / "CURRENT").write_text(content, encoding="utf-8")
    with pytest.raises(IndexUnusable, match="CURRENT"):
        current_version(out)
