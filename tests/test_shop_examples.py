"""The bundled shops keep their promises: honest facets, a licence, embeddings that fit, words that mean something."""

import tomllib
from pathlib import Path

import pytest

from retrieval.aliases import load_aliases
from retrieval.catalog import Catalog
from retrieval.documents import document_key, document_text, read_embedding_cache
from retrieval.load import Loaded, load
from retrieval.source import find_source
from retrieval.spec_file import read_overlay

EXAMPLES = Path(__file__).parents[1] / "examples"
EMBEDDER = "all-MiniLM-L6-v2@a683a6d1843b7e38"
SHOPS = ("shop", "gifts", "eshop")
ROWS = {"shop": (2465, 0), "gifts": (3656, 266_146), "eshop": (101, 0)}


@pytest.fixture(scope="module", params=SHOPS)
def read(request: pytest.FixtureRequest) -> tuple[str, Loaded, Catalog]:
    source = find_source(EXAMPLES / request.param)
    overlay = read_overlay(source.spec)
    loaded = load(source.items, source.interactions, overlay, strict=True)
    spec = overlay.spec.model_copy(update={"facets": {f.facet: f.spec for f in loaded.columns.facets}})
    return request.param, loaded, Catalog(loaded.items, spec)


def test_every_row_is_used_and_counted(read: tuple[str, Loaded, Catalog]) -> None:
    name, loaded, catalog = read
    assert (len(catalog), len(loaded.interactions)) == ROWS[name]
    assert loaded.rows_in == sum(ROWS[name])


def test_every_alias_means_a_value_that_is_there(read: tuple[str, Loaded, Catalog]) -> None:
    name, _, catalog = read
    aliases = load_aliases(find_source(EXAMPLES / name).aliases, catalog, strict=True)
    assert len(aliases.values) > 7


def test_every_document_has_its_embedding(read: tuple[str, Loaded, Catalog]) -> None:
    name, _, catalog = read
    shipped = read_embedding_cache(EXAMPLES / name / "embeddings.npz")
    texts = [document_text(item, catalog.spec) for item in catalog.items]
    assert all(document_key(EMBEDDER, text) in shipped for text in texts)


def test_prices_are_amounts_and_titles_are_not_shouted(read: tuple[str, Loaded, Catalog]) -> None:
    _, _, catalog = read
    for item in catalog.items:
        price = item.facets["price"]
        assert isinstance(price, float) and price > 0
        assert not (item.title.isupper() and len(item.title) > 4), item.title


@pytest.mark.parametrize("shop", ["shop", "gifts"])
def test_what_is_read_from_words_stands_in_the_words(shop: str) -> None:
    source = find_source(EXAMPLES / shop)
    read = tomllib.loads((EXAMPLES / shop / "words.toml").read_text(encoding="utf-8"))["read"]
    for item in load(source.items, None, read_overlay(source.spec)).items:
        words = f"{item.title} {item.description}".lower()
        for facet, values in read.items():
            held = item.facets.get(facet, ())
            for value in held if isinstance(held, tuple) else (held,):
                assert any(name in words for name in values[str(value)]), (item.title, facet, value)


@pytest.mark.parametrize("shop", SHOPS)
def test_origin_and_licence_lie_beside_the_data(shop: str) -> None:
    assert (EXAMPLES / shop / "LICENSE").read_text(encoding="utf-8").strip()
    assert "## Origin and licence" in (EXAMPLES / shop / "README.md").read_text(encoding="utf-8")


def test_every_product_of_the_picture_shop_has_a_picture() -> None:
    source = find_source(EXAMPLES / "eshop")
    loaded = load(source.items, None, read_overlay(source.spec))
    catalog = Catalog(
        loaded.items,
        read_overlay(source.spec).spec.model_copy(update={"facets": {f.facet: f.spec for f in loaded.columns.facets}}),
    )
    assert loaded.dropped == ()
    assert len({picture.name for item in catalog.items if (picture := catalog.picture(item))}) > 95
