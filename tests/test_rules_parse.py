"""The planner without a model: what people type about the bundled films, and the plans that they mean."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import AgentError
from agent.plan import Forget, Recommend, Remember, Search, SimilarTo
from agent.ports import PlanContext
from agent.rules.reading import Rules, rules_for
from agent.rules.understand import understand
from agent.types import Message
from retrieval.catalog import Catalog
from retrieval.entities import Linker
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.types import Item, Op
from tests.films import films, linker
from tests.planning import context, planned
from tests.tally import Tally
from tests.turns import Turn, fits, load_turns

_FILES = sorted(Path(__file__).parent.glob("turns_*.jsonl"))
_TURNS = tuple(turn for path in _FILES for turn in load_turns(path))


@cache
def film_rules() -> Rules:
    return rules_for(films(), linker())


_LISTED = context(Turn("", "", (), shown=True)).shown
_ROWS = sorted({(turn.kind, turn.language, turn.catalog) for turn in _TURNS})


@pytest.mark.parametrize("row", _ROWS, ids="-".join)
def test_every_turn_gives_the_plan_that_was_meant(row: tuple[str, str, str], tally: Tally) -> None:
    turns = [turn for turn in _TURNS if (turn.kind, turn.language, turn.catalog) == row]
    plans = [(turn, planned(turn)) for turn in turns]
    missed = [(turn.text, plan.actions, turn.plan) for turn, plan in plans if not fits(plan, turn.plan)]
    tally.add(row, len(turns) - len(missed), len(turns))
    assert not missed


def test_a_plan_that_says_more_than_expected_does_not_fit() -> None:
    plan = understand(PlanContext(text="a funny film from the 90s"), film_rules())
    assert not fits(plan, [{"tool": "search", "filters": ["genres in Comedy"]}])


_WORDS = st.sampled_from(sorted({word for turn in _TURNS for word in turn.text.split()}))
_SCRAPS = st.lists(st.one_of(_WORDS, st.sampled_from([*"?!.,()[]#'\"", "1999", "[2]", "#3", "2h", "İ", "ß", "🎬"])))


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=80), _SCRAPS.map(" ".join)), st.booleans())
def test_any_text_gives_some_plan(text: str, listed: bool) -> None:
    start = PlanContext(text=text)
    full = replace(start, shown=_LISTED, last=Search(query="films"))
    assert understand(full if listed else start, film_rules()).actions


@pytest.mark.parametrize("flood", ["Heat and ", "not ", "((((", "1 ", "no more than ", "🎬", "the the ", "very "])
def test_an_endless_message_is_read_up_to_a_limit(flood: str) -> None:
    assert understand(PlanContext(text=flood * 5000), film_rules()).actions


def test_pointers_beyond_the_list_name_nothing() -> None:
    plan = understand(PlanContext(text="more like number 9", shown=_LISTED), film_rules())
    assert not [a for a in plan.actions if isinstance(a, SimilarTo) and "[9]" in a.titles]


def test_a_correction_takes_the_wrong_item_back() -> None:
    start = PlanContext(text="I meant the 1986 one", messages=(Message("user", "I loved Heat"),))
    assert understand(start, film_rules()).actions[0] == Forget(what="Heat (1995)")


def test_a_language_without_rules_is_an_error_that_names_the_file() -> None:
    with pytest.raises(AgentError, match=r"'xx'.*xx\.toml"):
        rules_for(films(), linker(), "xx")


@cache
def shop_rules() -> Rules:
    """A catalogue that has nothing to do with films: the rules know only its manifest."""
    spec = CatalogSpec(
        noun="lamp",
        nouns="lamps",
        facets={
            "price": FacetSpec(kind="numeric", label="price", unit="$", more=("dearer",), less=("cheaper",)),
            "height": FacetSpec(kind="numeric", label="height", unit="cm", more=("taller",), less=("lower",)),
            "brand": FacetSpec(kind="categorical", label="brand", phrases=("by", "from")),
            "dimmable": FacetSpec(kind="boolean", label="dimmable"),
        },
    )
    items = [
        Item(
            f"l{n}", f"Lamp {name}", "", {"price": 10.0 * n, "height": 20.0 + n, "brand": brand, "dimmable": n % 2 > 0}
        )
        for n, (name, brand) in enumerate([("Aurora", "Lumo"), ("Borealis", "Lumo"), ("Candela", "Wick & Co")], 1)
    ]
    catalog = Catalog(items, spec)
    return rules_for(catalog, Linker(catalog))


@pytest.mark.parametrize(
    ("text", "facet", "op", "values"),
    [
        ("lamps under $25", "price", Op.LT, (25.0,)),
        ("a lamp for at most 20 dollars", "price", Op.LE, (20.0,)),
        ("between 10 and 20 bucks", "price", Op.GE, (10.0,)),
        ("at least half a meter", "height", Op.GE, (50.0,)),
        ("something by Lumo", "brand", Op.IN, ("Lumo",)),
        ("dimmable lamps", "dimmable", Op.IN, (True,)),
    ],
)
def test_units_and_comparatives_come_from_the_manifest(
    text: str, facet: str, op: Op, values: tuple[str | float | bool, ...]
) -> None:
    (search,) = understand(PlanContext(text=text), shop_rules()).actions
    assert isinstance(search, Search)
    assert (facet, op, values) in [(f.facet, f.op, f.values) for f in search.filters]


def test_what_is_ruled_out_holds_for_the_conversation() -> None:
    told, look = understand(PlanContext(text="nothing from Wick & Co"), shop_rules()).actions
    assert told == Remember(avoids=("brand: Wick & Co",), scope="session", words="nothing from Wick & Co")
    assert look == Recommend()


def test_cheaper_means_less_than_what_was_shown() -> None:
    start = PlanContext(text="cheaper please", shown=shop_rules().catalog.items, last=Recommend())
    (search,) = understand(start, shop_rules()).actions
    assert isinstance(search, Search)
    assert search.keep
    assert [(f.facet, f.op, f.values) for f in search.filters] == [("price", Op.LT, (20.0,))]


def test_the_cheapest_is_an_order_not_a_filter() -> None:
    (search,) = understand(PlanContext(text="the cheapest lamp"), shop_rules()).actions
    assert isinstance(search, Search)
    assert search.sort is not None
    assert (search.sort.facet, search.sort.descending, search.filters) == ("price", False, ())
