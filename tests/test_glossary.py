"""Wishes in Chinese are searched in English words, unless the catalogue or its operator says otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.catalog import Catalog
from retrieval.glossary import glossary, reader_of
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.types import Item, Query


@pytest.mark.parametrize(
    ("wish", "searched"),
    [
        ("记忆的悲伤故事", "memory sad story"),
        ("反转结局", "twist ending"),
        ("適合露營的背包", "camping backpack"),
        ("funny的公路旅行", "funny road trip"),
        ("an old road movie", "an old road movie"),
    ],
)
def test_words_are_translated_the_longest_first(wish: str, searched: str) -> None:
    assert glossary().translated(wish) == searched


@given(st.text(st.one_of(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), st.characters()), max_size=60))
def test_any_text_is_translated_into_words_without_han_characters(text: str) -> None:
    translated = glossary().translated(text)
    assert not any("\u4e00" <= character <= "\u9fa5" for character in translated)


def catalog(title: str, *, translate: bool = True) -> Catalog:
    facets = {"kind": FacetSpec(kind="categorical", label="kind")}
    spec = CatalogSpec(name="things", noun="thing", nouns="things", translate=translate, facets=facets)
    return Catalog([Item(f"i{n}", f"{title} {n}", "", {"kind": "x"}) for n in range(3)], spec)


QUERY = Query(text="悲伤故事", avoid="暴力")


def test_an_english_catalogue_is_searched_in_english() -> None:
    read = reader_of(catalog("Lamp"))(QUERY)
    assert (read.text, read.avoid) == ("sad story", "violent")


def test_a_chinese_catalogue_is_searched_in_the_words_that_were_said() -> None:
    assert reader_of(catalog("台灯"))(QUERY) == QUERY


def test_the_manifest_switches_the_translation_off() -> None:
    assert reader_of(catalog("Lamp", translate=False))(QUERY) == QUERY
