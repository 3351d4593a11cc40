"""A reply is compared with its list: the same items, the same order, no others."""

import pytest

from agent.grounding import check
from agent.quoting import escape
from agent.types import Card
from retrieval.types import Item
from tests.shop import EVIL, LUNA, MARS, MARS_2, SOL

CARDS = (Card(1, LUNA, 0.9), Card(2, MARS, 0.8), Card(3, SOL, 0.7))
TOLD = "Try these:\n\n1. **Luna** (1995) — warm\n2. **Mars** (2010)\n3. **Sol** (2001)\n"


def test_the_same_items_in_the_same_order_hold() -> None:
    found = check(TOLD, CARDS)
    assert found.holds
    assert found.named == ("a", "c", "b")


@pytest.mark.parametrize(
    ("reply", "missing", "unsupported", "in_order"),
    [
        ("**Luna**, **Sol**", ("c",), (), True),
        ("**Luna**, **Sol**, **Mars**", (), (), False),
        ("**Luna**, **Mars**, **Sol** and **Venus**", (), ("Venus",), True),
        ("Nothing in bold here.", ("a", "c", "b"), (), True),
    ],
)
def test_what_is_missing_added_or_moved_is_told(
    reply: str, missing: tuple[str, ...], unsupported: tuple[str, ...], in_order: bool
) -> None:
    found = check(reply, CARDS)
    assert (found.missing, found.unsupported, found.in_order) == (missing, unsupported, in_order)
    assert not found.holds


def test_an_item_may_be_named_twice() -> None:
    assert check(TOLD + "Start with **Luna**.", CARDS).holds


@pytest.mark.parametrize(("allowed", "holds"), [((MARS_2, EVIL), True), ((), False)])
def test_what_is_allowed_may_be_named_besides(allowed: tuple[Item, ...], holds: bool) -> None:
    reply = f"You like **{escape(EVIL.title)}**, so try **Luna**."
    assert check(reply, CARDS[:1], allowed).holds is holds


def test_items_of_one_name_are_told_apart_by_what_stands_behind_it() -> None:
    both = (Card(1, MARS_2, 0.9), Card(2, MARS, 0.8))
    assert check("1. **Mars** (2020)\n2. **Mars** (2010)", both).named == ("d", "c")
    assert not check("1. **Mars** (2010)\n2. **Mars** (2020)", both).in_order
    assert check("1. **Mars**\n2. **Mars**", both).named == ("d", "c")


def test_case_and_white_space_of_a_title_do_not_matter() -> None:
    assert check("**luna** **MARS** **Sol**", CARDS).holds
