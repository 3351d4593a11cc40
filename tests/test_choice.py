"""What helps to choose: comparisons, what-ifs that change nothing, a yes to what was offered, and how far things go."""

from pathlib import Path

import pytest

from agent.assistant import Assistant
from agent.observations import Compared, Nothing, Observation, Supposed
from agent.plan import Accept, Action, Compare, Filter, Order, Recommend, Remember, Search
from agent.reach import reach
from agent.types import Done, Event, Observed, TurnRequest
from retrieval.index import Index
from retrieval.types import Constraint, Op
from tests.browser import small_catalog
from tests.fakes_model import ScriptedModel
from tests.fakes_store import MemoryStore
from tests.shop import SHOP

WESTERNS = Filter(facet="genres", op=Op.IN, values=("Western",))
NINETIES = (Filter(facet="year", op=Op.GE, values=(1990,)), Filter(facet="year", op=Op.LE, values=(1999,)))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """A real index of sixty films."""
    folder: Path = tmp_path_factory.mktemp("choice")
    return small_catalog(folder)


async def talk(index: Index, *plans: list[Action]) -> tuple[Assistant, list[Done], list[Observation]]:
    """Hold a scripted conversation; the observations are those of the last turn."""
    store = MemoryStore()
    assistant = Assistant(index, ScriptedModel(plans), store, store)
    ends: list[Done] = []
    seen: list[Event] = []
    for _ in plans:
        seen = [event async for event in assistant.reply(TurnRequest("hi", user="u", session="s"))]
        assert isinstance(seen[-1], Done), seen[-1]
        ends.append(seen[-1])
    return assistant, ends, [e.observation for e in seen if isinstance(e, Observed)]


async def test_a_what_if_counts_and_leaves_the_list_as_it_was(index: Index) -> None:
    search = Search(filters=(WESTERNS, *NINETIES))
    bot, ends, (seen,) = await talk(index, [search], [Search(keep=True, drop=("year",), trial=True)])
    assert isinstance(seen, Supposed)
    years = [i.facets["year"] for i in index.catalog.items if i.facets["genres"] == ("Western",)]
    assert (seen.after, seen.before) == (len(years), sum(1990 <= float(str(y)) <= 1999 for y in years))
    assert {c.facet for c in seen.dropped} == {"year"}
    dialogue = (await bot.snapshot("u", "s")).dialogue
    assert (dialogue.last, len(dialogue.shown), ends[1].cards) == (search, 1, ())


async def test_a_yes_does_what_was_offered_and_only_once(index: Index) -> None:
    wider = Search(keep=True, drop=("year",), trial=True)
    bot, ends, seen = await talk(index, [Search(filters=(WESTERNS, *NINETIES))], [wider], [Accept()], [Accept()])
    assert {c.item.facets["genres"] for c in ends[2].cards} == {("Western",)}
    assert (await bot.snapshot("u", "s")).dialogue.last == Search(filters=(WESTERNS,))
    assert [type(o).__name__ for o in seen] == ["Said"]


async def test_a_yes_drops_the_condition_that_left_nothing(index: Index) -> None:
    future = Filter(facet="year", op=Op.GT, values=(2050,))
    _, ends, _ = await talk(index, [Search(filters=(WESTERNS, future))], [Accept()])
    assert ends[0].cards == ()
    assert {c.item.facets["genres"] for c in ends[1].cards} == {("Western",)}


async def test_nothing_for_a_bound_says_how_far_the_catalogue_goes(index: Index) -> None:
    future = Filter(facet="year", op=Op.GT, values=(2050,))
    _, _, (seen,) = await talk(index, [Search(filters=(WESTERNS, future))])
    assert isinstance(seen, Nothing)
    newest = max(float(str(i.facets["year"])) for i in index.catalog.items if i.facets["genres"] == ("Western",))
    assert [(r.facet, r.value, r.lowest) for r in seen.reach] == [("year", newest, False)]


def test_a_range_below_the_cheapest_names_the_cheapest() -> None:
    five_to_ten = (Constraint("price", Op.GE, (5.0,)), Constraint("price", Op.LE, (10.0,)))
    modern = Constraint("style", Op.IN, ("Modern",))
    assert [(r.value, r.lowest) for r in reach((modern, *five_to_ten), (), SHOP)] == [(25.0, True)]
    assert reach((Constraint("price", Op.LE, (30.0,)),), (), SHOP) == ()


async def test_a_comparison_tells_differences_what_is_shared_and_what_suits_better(index: Index) -> None:
    taste = Remember(likes=("id:f2", "genres: Western"))
    _, _, (seen,) = await talk(index, [taste, Recommend()], [Compare(items=("id:f6", "id:f5"))])
    assert isinstance(seen, Compared)
    assert dict(seen.rows)["year"] == ("1966", "1965")
    assert "year" not in dict(seen.shared)
    assert seen.better is not None
    assert seen.better.item.item_id == "f6"
    assert seen.better.evidence


async def test_without_a_taste_nothing_suits_better(index: Index) -> None:
    _, _, (seen,) = await talk(index, [Compare(items=("id:f6", "id:f5"))])
    assert isinstance(seen, Compared)
    assert seen.better is None


async def test_which_is_newer_has_one_answer_or_none(index: Index) -> None:
    newer = Order(facet="year")
    _, _, (seen,) = await talk(index, [Compare(items=("id:f6", "id:f5", "id:f9"), by=newer)])
    assert isinstance(seen, Compared)
    assert (seen.asked, seen.winner) == ("year", index.catalog.get("f9"))
