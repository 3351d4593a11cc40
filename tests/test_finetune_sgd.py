"""Dialogues of other domains as examples: services are catalogues, what users do becomes calls."""

import json
from functools import cache
from pathlib import Path

import pytest

from agent.plan import Details, Handoff, Recommend, Search
from agent.plan_text import plan_from
from finetune import sgd
from finetune.errors import BadRows
from finetune.example import Example, row_of
from retrieval.catalog import Catalog

_EXCERPTS = Path(__file__).with_name("excerpts")
_TALKS, _SCHEMA = _EXCERPTS / "sgd_dialogues.jsonl", _EXCERPTS / "sgd_schema.json"


@cache
def _reading() -> sgd.Reading:
    return sgd.read_examples(_TALKS, _SCHEMA)


def _of(text: str) -> tuple[Example, Catalog]:
    return next(pair for pair in _reading().examples if pair[0].context.text == text)


def test_a_service_is_a_catalogue_of_what_it_returned() -> None:
    _, catalog = _reading().examples[0]
    facets = catalog.spec.facets
    assert (catalog.spec.noun, catalog.spec.nouns) == ("restaurant", "restaurants")
    assert facets["has_live_music"].kind == "boolean"
    assert facets["cuisine"].kind == "categorical"
    assert "restaurant_name" not in facets
    assert "71 Saint Peter" in catalog.titles


def test_a_new_slot_continues_the_search_and_names_only_itself() -> None:
    example, _ = _of("I usually like eating the American type of food.")
    (search,) = example.actions
    assert isinstance(search, Search)
    assert search.keep
    assert [(f.facet, f.values) for f in search.filters] == [("cuisine", ("American",))]
    assert example.context.question == "cuisine"


def test_a_wish_without_slots_is_a_recommendation() -> None:
    example, _ = _of("I am feeling hungry so I would like to find a place to eat.")
    assert example.actions == (Recommend(),)


def test_a_question_is_about_what_is_offered() -> None:
    example, _ = _of("Can you give me the address of this restaurant.")
    assert example.actions == (Details(item="[1]", facet="street_address"),)
    assert [item.title for item in example.context.shown] == ["71 Saint Peter"]


def test_others_are_asked_for_and_a_booking_goes_to_the_staff() -> None:
    assert _of("Is there some other restaurant which you can suggest?")[0].actions == (Recommend(more=True),)
    booked, _ = _of("Alright, that seems good. I would like to make a booking at this restaurant.")
    assert booked.actions[-1] == Handoff()


def test_every_plan_can_be_read_back_and_every_row_is_of_one_dialogue() -> None:
    assert len(_reading().examples) > 30
    for example, catalog in _reading().examples:
        row = row_of(example, catalog)
        assert plan_from(row.completion, catalog).actions == example.actions
        assert row.id.startswith(f"{row.dialogue}/")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "talks.jsonl"
    path.write_text('{"dialogue_id": "1"}\n', encoding="utf-8")
    with pytest.raises(BadRows, match=r"talks\.jsonl:1"):
        sgd.read_examples(path, _SCHEMA)
    with pytest.raises(BadRows, match="is no schema"):
        sgd.read_examples(_TALKS, tmp_path / "none.json")
    other = tmp_path / "schema.json"
    other.write_text(json.dumps([{"service_name": "Weather_1", "intents": []}]), encoding="utf-8")
    with pytest.raises(BadRows, match="finds things"):
        sgd.read_examples(_TALKS, other)
