"""Comparing words of a model's plan become the conditions that the rules would have made of them."""

from functools import cache

import pytest

from agent.comparatives import Comparatives
from agent.plan import Action, Filter, Order, Plan, Recommend, Search, SimilarTo
from agent.ports import PlanContext
from retrieval.types import Op
from tests.light_index import light_index
from tests.planning import items
from tests.shop import LUNA, MARS_2, SHOP, SOL
from tests.turns import written

LAMPS = (LUNA, SOL, MARS_2)
"""Prices 40, 80 and 25; years 1995, 2001 and 2020."""


@cache
def comparatives(catalog: str) -> Comparatives:
    index = light_index(catalog)
    return Comparatives(index.catalog, index.linker)


def lamps(action: Action, text: str = "") -> Action:
    index = light_index("shop")
    known = Comparatives(SHOP, type(index.linker)(SHOP))
    return known.bounded(Plan(actions=(action,)), PlanContext(text, shown=LAMPS)).actions[0]


@pytest.mark.parametrize(
    ("query", "bound"),
    [
        ("cheaper", "price lt 40"),
        ("dearer", "price gt 40"),
        ("newer", "year gt 2001"),
        ("older", "year lt 2001"),
        ("cheaper [2]", "price lt 80"),
        ("older than [3]", "year lt 2020"),
    ],
)
def test_a_comparing_word_is_a_bound_on_what_was_shown(query: str, bound: str) -> None:
    call = lamps(Search(query=query, keep=True))
    assert isinstance(call, Search)
    assert [written(f) for f in call.filters] == [bound]
    assert not call.query


def test_words_beside_a_comparing_word_stay() -> None:
    call = lamps(Search(query="cozy cheaper", keep=True))
    assert isinstance(call, Search)
    assert call.query == "cozy"


def test_a_bound_of_the_plan_itself_is_not_doubled() -> None:
    own = Filter(facet="price", op=Op.LT, values=(30.0,))
    assert lamps(Search(query="cheaper", filters=(own,), keep=True)) == Search(
        query="cheaper", filters=(own,), keep=True
    )


def test_a_twist_is_a_bound_on_the_item_to_be_like() -> None:
    call = lamps(SimilarTo(titles=("Sol",), twist="cheaper"))
    assert isinstance(call, SimilarTo)
    assert [written(f) for f in call.filters] == ["price lt 80"]
    assert not call.twist
    pointed = lamps(SimilarTo(titles=("[1]",), twist="newer"))
    assert isinstance(pointed, SimilarTo)
    assert [written(f) for f in pointed.filters] == ["year gt 1995"]


def test_a_superlative_is_an_order() -> None:
    assert lamps(Search(query="cheapest")) == Search(sort=Order(facet="price", descending=False))


@pytest.mark.parametrize("action", [Search(query="darker", keep=True), Search(keep=True), Recommend(more=True)])
def test_other_plans_stay_as_they_are(action: Action) -> None:
    assert lamps(action) == action


@pytest.mark.parametrize(
    ("catalog", "language", "query", "bound"),
    [
        ("movies", "en", "older", "year lt 1997"),
        ("movies", "en", "recent", "year ge 2013"),
        ("movies", "en", "not too old", "year gt 1981"),
        ("movies", "zh", "更新", "year gt 1997"),
        ("shop", "zh", "更便宜", "price lt 129.99"),
        ("shop", "zh", "更高档", "price gt 129.99"),
    ],
)
def test_it_is_the_bound_that_the_rules_make(catalog: str, language: str, query: str, bound: str) -> None:
    titles = {
        "movies": ("The Matrix (1999)", "Inception (2010)", "Heat (1995)", "Titanic (1997)", "Alien (1979)"),
        "shop": ("Adventure-Ready Expedition Backpack", "Mauve Leather Daypack", "Winter Blaze Puffer Jacket"),
    }
    context = PlanContext("x", shown=items(catalog, titles[catalog]), last=Search(), language=language)
    plan = comparatives(catalog).bounded(Plan(actions=(Search(query=query, keep=True),)), context)
    call = plan.actions[0]
    assert isinstance(call, Search)
    assert [written(f) for f in call.filters] == [bound]
