"""Replies without a model about what was said, asked and not understood."""

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from agent.grounding import check
from agent.observations import (
    Answered,
    Compared,
    Dropped,
    Explained,
    HandedOff,
    Missed,
    Noted,
    Said,
    Unresolved,
)
from agent.profile import Statement
from retrieval.types import Constraint, Evidence, Op
from tests.shop import EVIL, LUNA, MARS, MARS_2, SHOP, SOL, candidate
from tests.telling import CHEAP, LIKED, TOGETHER, context, found, records, told, ways


def test_what_was_said_is_acknowledged_in_one_sentence() -> None:
    said = (
        replace(LIKED, values=("a",)),
        Statement("item", ("b",), "Sol", polarity=-1),
        Statement("facet", ("Rustic",), "Rustic", polarity=-1, facet="style", hard=True),
        Statement("bound", (50.0,), "price at most $50", facet="price", op=Op.LE, hard=True),
        Statement("wish", ("cosy",), "cosy"),
        Statement("item", ("d",), "Mars (2020)", seen=True, rated=False),
    )
    reply = told(Noted(records(*said)))
    for part in (
        "you like Luna (1995)",
        "Sol (2001) wasn't for you",
        "no Rustic",
        "only lamps up to $50",
        "after “cosy”",
    ):
        assert part in reply
    assert reply.endswith("; you know Mars (2020) already.")
    assert reply.count(".") == 1


def test_notes_of_one_turn_become_one_and_lead_on_to_the_list() -> None:
    reply = told(Noted(records(LIKED)), Noted(records(replace(LIKED, values=("a",)))), found(), said=(LIKED,))
    first = reply.split("\n\n")[0]
    assert "you like Mars (2010) and Luna (1995)." in first
    assert first.endswith(":")


def test_what_gave_way_is_told() -> None:
    old, new = records(LIKED, replace(LIKED, polarity=-1))
    noted, dropped = told(Noted((new,), (old,))).split(".", 1)
    assert "Mars (2010) wasn't for you" in noted
    assert "you like Mars (2010)" in dropped


def test_what_holds_for_one_search_is_left_to_the_lead_in_of_its_list() -> None:
    bound = Statement("bound", (50.0,), "price at most $50", facet="price", op=Op.LE, hard=True, scope="search")
    assert told(Noted(records(bound)), found(CHEAP), said=()).count("up to $50") == 1
    assert "only lamps up to $50" in told(Noted(records(bound)))


def test_the_taste_of_somebody_else_is_not_put_down_to_the_speaker() -> None:
    his = Statement("facet", ("Rustic",), "Rustic", facet="style", scope="other", person="my dad")
    reply = ways(Noted(records(his)), found(), said=(his,), person="my dad")
    assert "your dad" in reply
    assert "you lean" not in reply
    assert "lamps for your dad" in told(found(), said=(his,), person="my dad")


@pytest.mark.parametrize(
    ("dropped", "said"),
    [
        (Dropped(records(LIKED), "Mars"), "you like Mars (2010)"),
        (Dropped((), "style: Rustic"), "“Rustic”"),
        (Dropped(records(LIKED, replace(LIKED, values=("a",))), "everything"), "2"),
        (Dropped((), "everything"), "nothing"),
        (Dropped(records(LIKED), "last", undone=True), "you like Mars (2010)"),
        (Dropped((), "last", undone=True, restored=records(LIKED)), "you like Mars (2010)"),
        (Dropped((), "last", undone=True), "no"),
    ],
)
def test_forgetting_says_what_went_or_that_nothing_did(dropped: Dropped, said: str) -> None:
    assert said in told(dropped)


@pytest.mark.parametrize(
    ("unresolved", "said"),
    [
        (Unresolved("Luhna", (LUNA,)), "**Luna** (1995)?"),
        (Unresolved("Mars", (MARS, MARS_2)), "**Mars** (2010) or **Mars** (2020)?"),
        (Unresolved("Venus"), "“Venus”"),
        (Unresolved("maker: Zed"), "“Zed”"),
        (Unresolved("[7]"), "number 7"),
    ],
)
def test_an_unknown_mention_is_quoted_with_what_it_may_have_meant(unresolved: Unresolved, said: str) -> None:
    assert said in told(unresolved)


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        (Answered(LUNA, "", "maker", "yes", "Ada Weil"), ("Yes", "Ada Weil")),
        (Answered(LUNA, "", "style", "no", "Modern, Paper"), ("No", "styles", "Modern, Paper")),
        (Answered(LUNA, "", "price", "value", "$40"), ("price", "$40")),
        (Answered(LUNA, "", "stocked", "yes", "yes"), ("Yes", "in stock")),
        (Answered(SOL, "", "stocked", "no", "no"), ("No", "not in stock")),
        (Answered(LUNA, "", "added", "unknown"), ("catalogue", "date added")),
        (Answered(LUNA, "Is it loud?", "", "unknown"), ("catalogue",)),
        (Answered(LUNA, "", "", "value", LUNA.description), ("warm and gentle",)),
    ],
)
def test_a_fact_is_answered_with_yes_no_a_value_or_that_nobody_knows(answered: Answered, said: tuple[str, ...]) -> None:
    for turn in range(4):
        reply = told(answered, turn=turn)
        assert all(part in reply for part in said)


def test_items_are_compared_in_a_table() -> None:
    reply = told(Compared((LUNA, EVIL), (("style", ("Modern | Paper", "")), ("price", ("$40", "$1")))))
    html = MarkdownIt("commonmark").enable("table").render(reply)
    assert html.count("<tr>") == 3
    assert "<td>Modern | Paper</td>" in html
    assert "<td>–</td>" in html


def test_an_explanation_gives_all_reasons_and_what_speaks_against() -> None:
    grounds = (TOGETHER, Evidence("graph", "a", "maker=Ada Weil", 0.3))
    reply = told(
        Explained(candidate(SOL, *grounds, cf=0.5, popularity=-0.4)), said=(Statement("item", ("a",), "Luna"),)
    )
    assert len(re.findall(r"^- ", reply, re.M)) == 2
    assert "fewer people go for it" in reply
    assert "Ada Weil" in told(Explained(candidate(SOL, grounds[1])))
    assert "no particular evidence" in told(Explained(candidate(SOL)))


@pytest.mark.parametrize(
    ("missed", "said"),
    [
        (Missed(SOL, (CHEAP,)), "$80"),
        (Missed(MARS, (Constraint("stocked", Op.IN, (True,)),)), "doesn't say"),
        (Missed(SOL, known="seen"), "know"),
        (Missed(SOL, known="liked"), "like"),
        (Missed(SOL, known="disliked"), "isn't for you"),
        (Missed(SOL, rank=3), "varied"),
        (Missed(SOL, rank=17, candidate=candidate(SOL, TOGETHER, taste=-1.0)), "less like what you love"),
        (Missed(SOL, rank=1700), "1,700"),
        (Missed(SOL), "didn't come up"),
    ],
)
def test_why_not_names_what_keeps_an_item_off_the_list(missed: Missed, said: str) -> None:
    for turn in range(4):
        assert said in told(missed, turn=turn)


@pytest.mark.parametrize(
    "kind", ["greeting", "thanks", "goodbye", "help", "smalltalk", "offtopic", "insult", "unclear", "empty"]
)
def test_every_kind_of_talk_has_an_answer_that_varies(kind: str) -> None:
    replies = {told(Said(kind), turn=turn) for turn in range(20)}
    assert all(replies)
    assert len(replies) > 1


def test_a_greeting_shows_what_can_be_asked_for() -> None:
    reply = told(Said("greeting"))
    assert sum(prompt in reply for prompt in SHOP.spec.prompts) == 2
    assert told(Said("greeting"), before="Hello!") != reply


def test_politeness_beside_an_answer_is_one_short_word() -> None:
    reply = told(found(), Said("greeting"), said=(LIKED,))
    assert len(reply.split("!")[0].split()) <= 2
    assert check(reply, context(found()).cards).holds


def test_a_handoff_is_told_with_its_reason() -> None:
    assert "“broken lamp”" in told(HandedOff("broken lamp"))
    assert "team" in told(HandedOff(""))
