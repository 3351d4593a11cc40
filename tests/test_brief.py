"""What a tuned model reads before it replies: short lines in the language of the reply, and nothing that is unsafe."""

from dataclasses import replace

import pytest

from agent.brief import brief_of
from agent.observations import Answered, Noted, Nothing, Observation, Question, Said, Unresolved
from agent.ports import TellContext
from agent.prompts import catalogue_of, reply_messages
from retrieval.types import Relaxation
from tests.shop import EVIL, LUNA, MARS, SHOP, candidate
from tests.telling import BY_WEIL, CHEAP, LIKED, MODERN, context, found, records


def lines(*observations: Observation, **options: object) -> list[str]:
    """The lines about what was found."""
    return list(brief_of(context(*observations, **options), SHOP).found)  # type: ignore[arg-type]


def state(told: TellContext) -> list[str]:
    return reply_messages(told, catalogue_of(SHOP, "brief"), SHOP, "brief")[1].text.splitlines()


def test_a_list_is_its_wish_with_the_count_and_a_line_per_card_with_price_facts_and_reason() -> None:
    told = state(context(found(MODERN, CHEAP), text="modern ones under $50"))
    assert told[:2] == ["message: modern ones under $50", "found: 12 Modern lamps up to $50"]
    assert told[2] == "1. Luna (1995) | $40 | People who like Luna tend to like this too"
    assert told[-1] == "language: en"


def test_a_list_by_taste_names_what_it_goes_by() -> None:
    assert lines(found(), said=(LIKED,)) == ["found: lamps for taste: Mars (2010)"]
    assert lines(found()) == ["found: lamps for nobody known"]


@pytest.mark.parametrize(
    ("observation", "said"),
    [
        (Noted(records(LIKED)), ["noted: you like Mars (2010)"]),
        (Answered(LUNA, "", "stocked", "yes", "yes"), ["yes: Luna (1995): in stock"]),
        (Answered(LUNA, "", "maker", "value", "Ada Weil"), ["Luna (1995): maker: Ada Weil"]),
        (Answered(MARS, "", "stocked", "unknown"), ["Mars (2010): in stock: not in the data"]),
        (Unresolved("Lna", (LUNA,)), ["unknown: Lna", "perhaps: Luna (1995)"]),
        (Question("style", (("Modern", 3), ("Rustic", 1))), ["ask: style: Modern, Rustic"]),
        (Said("thanks"), ["talk: thanks"]),
        (
            Nothing((MODERN, BY_WEIL), (Relaxation((BY_WEIL,), 2),)),
            ["nothing: Modern lamps by Ada Weil", "way out: without “by Ada Weil” there are 2"],
        ),
    ],
)
def test_what_must_be_said_is_a_line(observation: Observation, said: list[str]) -> None:
    assert lines(observation) == said


def test_a_line_stays_a_line_whatever_an_item_is_called() -> None:
    told = state(context(found(MODERN, candidates=(candidate(EVIL),))))
    assert len(told) == 4
    assert "<" not in "".join(told)


def test_a_description_is_quoted_where_nothing_else_speaks_for_a_card() -> None:
    bare = replace(LUNA, facets={"price": 40.0, "year": 1995.0})
    told = state(context(found(candidates=(candidate(bare),))))
    assert told[2] == "1. Luna (1995) | $40 | “Luna is a lamp that throws a warm and…”"
