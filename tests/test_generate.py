"""Generated conversations, on the bundled catalogues and on one with dates and yes-or-no facets."""

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache

import pytest
from jsonschema import Draft202012Validator

from agent.plan import Action, Filter
from agent.plan_text import plan_from, plan_schema, plan_text
from agent.resolve import Scene, condition_of
from agent.tool_schema import tools_of
from finetune.errors import FinetuneError
from finetune.generate import generate
from finetune.generate_phrases import languages, phrases_of
from finetune.rows import Row
from retrieval.catalog import Catalog
from retrieval.entities import Linker
from retrieval.manifest import CatalogSpec
from retrieval.types import Constraint
from tests.light_index import light_index
from tests.shop import SHOP

_COUNT = 200
_CATALOGUES = ("movies", "shop", "gifts")
_PLACES = [(name, language) for name in _CATALOGUES for language in ("en", "zh")]


@cache
def rows(name: str, language: str, split: str = "train", seed: int = 7) -> tuple[Row, ...]:
    index = light_index(name)
    made = generate(index.catalog, index.linker, language, _COUNT, seed, split="test" if split == "test" else "train")
    return tuple(made)


def actions(row: Row, catalog: Catalog) -> Sequence[Action]:
    return plan_from(row.completion, catalog).actions


def message(row: Row) -> str:
    return row.messages[-1].content.rpartition("message:")[2].strip()


@pytest.mark.parametrize(("name", "language"), _PLACES)
def test_every_plan_keeps_to_the_schema_and_is_read_back_as_it_was_written(name: str, language: str) -> None:
    catalog = light_index(name).catalog
    schema = Draft202012Validator(json.loads(json.dumps(dict(plan_schema(catalog)))))
    for row in rows(name, language):
        schema.validate(json.loads(row.completion))
        assert plan_text(actions(row, catalog)) == row.completion


@pytest.mark.parametrize(("name", "language"), _PLACES)
def test_every_condition_of_a_plan_is_one_that_the_catalogue_can_answer(name: str, language: str) -> None:
    index = light_index(name)
    scene = Scene(index.catalog, index.linker)
    for row in rows(name, language):
        for action in actions(row, index.catalog):
            for condition in (*getattr(action, "filters", ()), *getattr(action, "constraints", ())):
                assert isinstance(condition, Filter)
                assert isinstance(condition_of(condition, scene), Constraint), (message(row), condition)


@pytest.mark.parametrize(("name", "language"), _PLACES)
def test_every_title_of_a_plan_stands_in_the_message_or_is_one_that_was_shown(name: str, language: str) -> None:
    catalog = light_index(name).catalog
    for row in rows(name, language):
        said = row.messages[-1].content
        for action in actions(row, catalog):
            titles = (*getattr(action, "titles", ()), *getattr(action, "items", ()), getattr(action, "item", ""))
            for title in filter(None, titles):
                assert f"{title} " in said if title.startswith("[") else title in said, (said, title)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_tool_is_called_in_every_language(language: str) -> None:
    found: Counter[str] = Counter()
    for name in _CATALOGUES:
        catalog = light_index(name).catalog
        found.update(action.tool for row in rows(name, language) for action in actions(row, catalog))
    assert found.keys() == {tool.name for tool in tools_of(SHOP)}


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    index = light_index("gifts")
    again = tuple(generate(index.catalog, index.linker, "en", _COUNT, 7))
    assert again == rows("gifts", "en")
    other = tuple(generate(index.catalog, index.linker, "en", _COUNT, 8))
    assert sum(a.messages == b.messages for a, b in zip(again, other, strict=True)) < _COUNT / 10


def test_rows_have_ids_of_their_own_and_few_say_the_same() -> None:
    made = [row for name, language in _PLACES for row in rows(name, language)]
    assert len({row.id for row in made}) == len(made)
    assert len({row.messages[-1].content for row in made}) > 0.9 * len(made)


@pytest.mark.parametrize("language", languages())
def test_ways_to_put_things_that_are_for_tests_are_not_trained_on(language: str) -> None:
    train, test = phrases_of(language, "train"), phrases_of(language, "test")
    split = [name for name in train.lists if train.all(name) != test.all(name)]
    assert len(split) > 60
    assert not [name for name in split if set(train.all(name)) & set(test.all(name))]
    assert train.lists.keys() == test.lists.keys()


def test_titles_that_are_for_tests_are_not_trained_on() -> None:
    catalog = light_index("gifts").catalog

    def named(split: str) -> set[str]:
        found = [getattr(a, "titles", ()) for row in rows("gifts", "en", split) for a in actions(row, catalog)]
        return {t.casefold() for titles in found for t in titles if not t.startswith("[")}

    assert named("train")
    assert named("test")
    assert not named("train") & named("test")


@pytest.mark.parametrize("linker", [None, Linker(SHOP)])
def test_a_small_catalogue_with_dates_and_flags_is_talked_about_with_or_without_a_linker(linker: Linker | None) -> None:
    made = tuple(generate(SHOP, linker, "en", _COUNT, 1, name="lamps"))
    filtered = {
        f.facet for row in made for a in actions(row, SHOP) for f in getattr(a, "filters", ()) if isinstance(f, Filter)
    }
    assert filtered == {"style", "maker", "price", "year", "added", "stocked"}
    assert {row.source for row in made} == {"lamps"}


def test_a_language_without_phrases_and_a_catalogue_without_items_are_told() -> None:
    with pytest.raises(FinetuneError, match="'xx'"):
        next(generate(SHOP, None, "xx", 1, 1))
    with pytest.raises(FinetuneError, match="'empty'"):
        next(generate(Catalog((), CatalogSpec(name="empty")), None, "en", 1, 1))
