"""Items come and go without a rebuild, in a version of their own."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval import layout
from retrieval.build import build
from retrieval.errors import CatalogError, IndexMissing, RowRejected
from retrieval.index import Index, open_index, open_store
from retrieval.source import find_source
from retrieval.types import FacetValue, Item, Query
from retrieval.update import apply_changes, read_changes
from retrieval.versions import current_version
from tests.fakes_retrieval import LetterEmbedder

ITEMS = [{"item_id": i, "title": t, "kind": ["boot"], "price": p} for i, t, p in [("a", "Ash", 3), ("b", "Birch", 5)]]
CEDAR = Item("c", "Cedar", "A tall tree.", {"kind": ("tree",), "price": 9.0})


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A built index of two items that two people met."""
    source = tmp_path / "shop"
    source.mkdir()
    (source / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in ITEMS), encoding="utf-8")
    (source / "interactions.csv").write_text("user_id,item_id\nu,a\nu,b\nv,a\n", encoding="utf-8")
    (source / "aliases.en.toml").write_text('[titles]\n"ashen" = "a"\n[kind]\n"boot" = ["shoe"]\n', encoding="utf-8")
    build(find_source(source), tmp_path / "index", home=tmp_path, embedder=LetterEmbedder())
    return tmp_path / "index"


def opened(out: Path) -> Index:
    return open_index(out, out, LetterEmbedder())


def nearest(out: Path, text: str) -> str:
    store = open_store(current_version(out))
    ((item_id, _),) = store.search(LetterEmbedder().embed([text])[0], 1)
    store.close()
    return item_id


def test_an_added_item_is_found_at_once_and_only_it_is_embedded(out: Path) -> None:
    embedder = LetterEmbedder()
    apply_changes(out, [CEDAR], home=out, embedder=embedder)
    assert len(embedder.embedded) == 1
    assert nearest(out, "cedar tree") == "c"
    assert opened(out).catalog.ids == ("a", "b", "c")


def test_a_replaced_item_is_found_by_its_new_text(out: Path) -> None:
    apply_changes(out, [replace(CEDAR, item_id="a")], home=out, embedder=LetterEmbedder())
    assert nearest(out, "cedar tree") == "a"
    assert opened(out).catalog.ids == ("a", "b")


def test_a_new_price_alone_embeds_nothing(out: Path) -> None:
    embedder = LetterEmbedder()
    apply_changes(out, [Item("a", "Ash", "", {"kind": ("boot",), "price": 4.0})], home=out, embedder=embedder)
    assert embedder.embedded == []
    ash = opened(out).catalog.get("a")
    assert ash is not None
    assert ash.facets["price"] == 4.0


def test_a_deleted_item_is_gone_everywhere(out: Path) -> None:
    manifest = apply_changes(out, [], ["a"], home=out, embedder=LetterEmbedder())
    index = opened(out)
    assert (index.catalog.ids, nearest(out, "ash")) == (("b",), "b")
    assert index.log.items == ("b",)
    assert [taste.item_id for taste in index.log.history("u")] == ["b"]
    assert (manifest.items, manifest.interactions, manifest.people) == (1, 1, 1)


def test_the_embeddings_follow_the_items(out: Path) -> None:
    apply_changes(out, [CEDAR], ["a"], home=out, embedder=LetterEmbedder())
    index = opened(out)
    vectors = layout.read_embeddings(index.path, 2, index.manifest.dimensions)
    again = LetterEmbedder().embed(["Birch. kind: boot", "Cedar. kind: tree. A tall tree."])
    assert np.asarray(vectors) == pytest.approx(again, abs=1e-6)
    assert index.manifest.coverage == {"kind": 1.0, "price": 1.0}


def test_the_old_version_stays_open_for_those_who_read_it(out: Path) -> None:
    before = opened(out)
    apply_changes(out, [CEDAR], ["a"], home=out, embedder=LetterEmbedder())
    found = before.retriever.retrieve(Query(text="ash")).candidates
    assert {candidate.item.item_id for candidate in found} == {"a", "b"}
    assert before.path != current_version(out)


WRONG: list[tuple[list[Item], list[str], str]] = [
    ([], ["zz"], "no item 'zz' to delete"),
    ([], ["a", "b"], "no item would be left"),
    ([replace(CEDAR, facets={"colour": ("red",)})], [], "no facet 'colour'"),
    ([replace(CEDAR, facets={"price": "much"})], [], "'price' = 'much' is no numeric value"),
]


@pytest.mark.parametrize(("upserts", "deletes", "message"), WRONG)
def test_a_wrong_change_changes_nothing(out: Path, upserts: list[Item], deletes: list[str], message: str) -> None:
    before = current_version(out)
    with pytest.raises(CatalogError, match=message):
        apply_changes(out, upserts, deletes, home=out, embedder=LetterEmbedder())
    assert (current_version(out), list((out / "versions").iterdir())) == (before, [before])


def test_there_must_be_an_index_to_change(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        apply_changes(tmp_path / "nowhere", [CEDAR], home=tmp_path)


def test_changes_come_from_a_file_like_the_source(out: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("sku,name,price,kind,description\nc,Cedar,9,tree,A tall tree.\n", encoding="utf-8")
    assert read_changes(path, opened(out).manifest.spec) == (CEDAR,)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("sku,name,colour\nc,Cedar,red\n", CatalogError, "column 'colour'.*build it again"),
        ("sku,name,price\nc,Cedar,much\n", RowRejected, "'much': not a number"),
    ],
)
def test_a_file_that_does_not_fit_the_index_is_refused(
    out: Path, tmp_path: Path, text: str, error: type[Exception], message: str
) -> None:
    (tmp_path / "new.csv").write_text(text, encoding="utf-8")
    with pytest.raises(error, match=message):
        read_changes(tmp_path / "new.csv", opened(out).manifest.spec)


def test_facet_values_of_every_kind_survive_the_trip(tmp_path: Path, out: Path) -> None:
    facets: dict[str, FacetValue] = {"kind": ("x", "y"), "price": 1.5}
    apply_changes(out, [Item("d", "D\u2028D", "line\nbreak", facets)], home=out, embedder=LetterEmbedder())
    assert opened(out).catalog.get("d") == Item("d", "D\u2028D", "line\nbreak", facets)
