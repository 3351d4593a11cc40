"""Replies without a model: sentences from observations alone, that vary and name exactly the items of the list."""

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from agent.errors import AgentError
from agent.grounding import check
from agent.observations import (
    Answered,
    Compared,
    Dropped,
    Explained,
    Found,
    HandedOff,
    Missed,
    Noted,
    Nothing,
    Observation,
    Question,
    Said,
    Unresolved,
)
from agent.plan import Order, Plan, Search
from agent.profile import Statement
from agent.rules.tell import tell
from retrieval.types import Constraint, Evidence, Op, Relaxation
from tests.shop import EVIL, ITEMS, LUNA, MARS, MARS_2, SHOP, SOL, candidate
from tests.telling import (
    BY_WEIL,
    CHEAP,
    LIKED,
    MODERN,
    NINETIES,
    NOT_RUSTIC,
    TOGETHER,
    TWO,
    context,
    found,
    records,
    told,
    ways,
)


def test_the_list_is_the_cards_in_their_order_each_with_its_best_reason() -> None:
    lines = [line for line in told(found(), said=(LIKED,)).splitlines() if re.match(r"\d\.", line)]
    assert lines[0].startswith("1. **Luna** (1995), $40 — ")
    assert "Luna" in lines[0].partition("—")[2]
    assert lines[1].startswith("2. **Sol** (2001), $80 — ")
    assert "Modern" in lines[1]


def test_being_popular_is_no_reason_on_a_line_that_has_a_better_one() -> None:
    assert "went for it" not in ways(found())


def test_a_slight_ground_is_not_made_the_reason_beside_what_drove_the_score() -> None:
    driven = candidate(SOL, Evidence("popularity", "popularity", "70", 0.9), replace(TOGETHER, weight=0.02))
    line = next(line for line in told(Found((driven,), 9, ())).splitlines() if line.startswith("1."))
    assert "70 times" in line and "Luna" not in line


def test_nothing_speaks_for_and_against_an_item_at_once() -> None:
    known = Evidence("popularity", "popularity", "36", 0.6)
    told = ways(Missed(SOL, rank=9, candidate=candidate(SOL, known, popularity=-0.4)))
    assert "fewer people go for it" in told and "36 times" not in told
    assert "36 times" in ways(Missed(SOL, rank=9, candidate=candidate(SOL, known, popularity=0.4)))


def test_what_the_log_knows_is_no_cold_start() -> None:
    known = replace(context(found()), past=frozenset("a"))
    replies = {"".join(tell(replace(known, turn=n), SHOP)) for n in range(9)}
    assert not [r for r in replies if "know your taste" in r or "knowing you" in r or "just met" in r]


def test_two_lists_in_one_turn_are_numbered_through_and_name_each_item_once() -> None:
    second = Found((candidate(SOL), candidate(MARS_2)), 2, (MODERN,))
    reply = told(found(), second)
    assert re.findall(r"^\d\. \*\*(\w+)\*\*", reply, re.M) == ["Luna", "Sol", "Mars"]
    assert check(reply, context(found(), second).cards).holds


@pytest.mark.parametrize(
    ("constraints", "said"),
    [
        ((MODERN,), "Modern lamps"),
        ((BY_WEIL,), "lamps by Ada Weil"),
        (NINETIES, "lamps from 1990 to 1999"),
        ((CHEAP,), "lamps up to $50"),
        ((Constraint("stocked", Op.IN, (True,)),), "lamps in stock"),
        (
            (Constraint("year", Op.LT, (1960.0,)), MODERN, BY_WEIL, NOT_RUSTIC),
            "Modern lamps by Ada Weil before 1960 without Rustic",
        ),
        ((Constraint("style", Op.IN, ("Modern", "Paper")),), "Modern or Paper lamps"),
    ],
)
def test_the_lead_in_says_what_was_understood(constraints: tuple[Constraint, ...], said: str) -> None:
    reply = told(found(*constraints))
    assert f"12 {said}" in reply


def test_how_many_there_are_is_said_only_of_what_was_counted() -> None:
    assert "12" not in ways(found(MODERN, query="cosy"))
    assert "12" not in ways(found(MODERN, anchors=(MARS,)))
    assert "12" in told(found(MODERN))
    assert "lamps like Mars (2010)" in told(found(MODERN, anchors=(MARS,)))
    assert "“cosy”" in told(found(query="cosy"))


def test_one_and_few_are_said_to_be_all_there_is() -> None:
    assert "lamp by Ada Weil:" in told(Found(TWO[:1], 1, (BY_WEIL,)))
    for turn in range(4):
        few = told(found(BY_WEIL, matching=2), turn=turn).splitlines()[0]
        assert re.search(r"only 2|All the", few)
        assert "2" in few


def test_a_sorted_list_says_by_what_and_which_end_comes_first() -> None:
    for descending, word in ((True, "dearer"), (False, "cheaper")):
        plan = Plan(actions=(Search(sort=Order(facet="price", descending=descending)),))
        assert f"{word} ones first" in told(found(sorted_by="price"), plan=plan)
    assert "price" in told(found(sorted_by="price"))


def test_a_list_from_taste_alone_names_what_it_goes_by() -> None:
    assert "Mars (2010)" in told(found(), said=(LIKED,))


def test_conditions_that_have_stood_for_longer_are_not_repeated() -> None:
    never = Statement("facet", ("Rustic",), "Rustic", polarity=-1, facet="style", hard=True)
    assert "Rustic" not in ways(found(NOT_RUSTIC), said=(never,))


def test_the_last_line_is_one_gentle_step_that_was_not_made_just_before() -> None:
    first = told(found())
    step = first.split("\n\n")[-1]
    assert "**" not in step
    assert step not in told(found(), before=first)


def test_a_question_or_a_did_you_mean_is_the_only_thing_asked() -> None:
    reply = told(found(), Question("style", (("Modern", 3), ("Paper", 1))))
    assert reply.count("?") == 1
    assert "Modern (3) or Paper (1)" in reply


def test_when_nothing_fits_the_smallest_ways_out_are_counted() -> None:
    nothing = Nothing((MODERN, *NINETIES), (Relaxation((MODERN,), 1200), Relaxation(NINETIES, 7)))
    reply = told(nothing)
    assert "no Modern lamps from 1990 to 1999" in reply
    assert "without “Modern” there are 1,200; without “from 1990 to 1999” there are 7" in reply
    assert "with Rustic allowed there are 3" in told(Nothing((NOT_RUSTIC,), (Relaxation((NOT_RUSTIC,), 3),)))


def test_nothing_new_is_not_the_same_as_nothing() -> None:
    assert "you know" in told(Nothing((MODERN,), (), exhausted=True))
    assert "everything" in told(Nothing((), (), exhausted=True))
    assert "lamp" in told(Nothing((), ()))


ALL: list[tuple[Observation, ...]] = [
    (found(),),
    (found(MODERN, *NINETIES, query="a *bold* <b>wish</b>", anchors=(EVIL,)),),
    (Noted(records(Statement("item", ("e",), EVIL.title), Statement("wish", ("x",), EVIL.title))), found()),
    (Found((candidate(EVIL, Evidence("cf", "e", EVIL.title, 0.5)), candidate(SOL)), 2, ()),),
    (Nothing((Constraint("style", Op.IN, ("**Bold**",)),), (Relaxation((NOT_RUSTIC,), 2),)),),
    (Dropped(records(Statement("wish", ("x",), EVIL.title)), "x"), Dropped((), EVIL.title)),
    (Unresolved(EVIL.title, (EVIL,)), Unresolved(EVIL.title)),
    (Answered(EVIL, "", "maker", "value", "& &lt; Co"), Answered(EVIL, "", "", "value", EVIL.description)),
    (Compared((EVIL, LUNA), (("style", ("**Bold**, <b>", "a|b")),)),),
    (Explained(candidate(EVIL, Evidence("cf", "e", EVIL.title, 0.5))), Missed(EVIL, (CHEAP,)), Missed(EVIL, rank=9)),
    (Question("style", (("**Bold**", 1),)), HandedOff(EVIL.title)),
]


@pytest.mark.parametrize("observations", ALL)
def test_text_of_catalogue_and_people_never_becomes_markup(observations: tuple[Observation, ...]) -> None:
    for turn in range(6):
        reply = told(*observations, turn=turn, text=EVIL.title, person="<i>", before="x")
        html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(reply)
        tags = set(re.findall(r"</?([a-zA-Z0-9]+)", html))
        assert tags <= {"p", "ol", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td"}
        assert "{" not in reply


@pytest.mark.parametrize("observations", ALL)
def test_a_reply_names_its_cards_and_only_items_it_was_given(observations: tuple[Observation, ...]) -> None:
    cards = context(*observations).cards
    for turn in range(6):
        assert check(told(*observations, turn=turn), cards, ITEMS).holds


@pytest.mark.parametrize("observations", [*ALL, (Said("thanks"),), (Said("insult"),)])
def test_no_reply_opens_like_the_one_before_it(observations: tuple[Observation, ...]) -> None:
    before = ""
    for turn in range(6):
        reply = told(*observations, turn=turn, text="again", before=before, said=(LIKED,))
        assert reply.split()[:3] != before.split()[:3]
        before = reply


def test_a_reply_comes_in_pieces_and_can_be_repeated() -> None:
    pieces = list(tell(context(found()), SHOP))
    assert len(pieces) > 20
    assert "".join(pieces) == told(found())


def test_a_language_without_sentences_is_refused() -> None:
    with pytest.raises(AgentError, match=r"replies\.tlh\.toml' is missing"):
        list(tell(context(found()), SHOP, "tlh"))
