"""One list for several people: both tastes count, the limits of all hold, nothing leaks."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.assistant import Assistant
from agent.group import fair_order
from agent.plan import Action, Filter, Forget, React, Recommend, Remember
from agent.types import Done, TurnRequest
from retrieval.index import Index
from retrieval.types import Op
from tests.browser import small_catalog
from tests.fakes_model import ScriptedModel
from tests.fakes_store import MemoryStore

_POOLS = st.integers(0, 12).flatmap(
    lambda n: st.lists(st.lists(st.floats(-5, 5), min_size=n, max_size=n), min_size=1, max_size=3)
)


@given(_POOLS)
def test_the_order_is_one_of_all_positions(members: list[list[float]]) -> None:
    assert sorted(fair_order(members)) == list(range(len(members[0])))


@given(_POOLS)
def test_what_everybody_ranks_higher_comes_first(members: list[list[float]]) -> None:
    order = fair_order(members)
    place = {position: rank for rank, position in enumerate(order)}
    for a in order:
        for b in order:
            if all(scores[a] > scores[b] for scores in members):
                assert place[a] < place[b] or place[a] == place[b]


def test_what_one_person_cannot_stand_loses_to_what_both_find_fair() -> None:
    ann, bob = [0.9, 0.6, 0.0, 0.1], [0.0, 0.5, 0.9, 0.1]
    assert fair_order([ann, bob])[0] == 1


def test_scales_of_different_people_do_not_matter() -> None:
    ann, bob = [0.9, 0.6, 0.0], [0.0, 0.5, 0.9]
    assert fair_order([ann, [1000 * b for b in bob]]) == fair_order([ann, bob])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """A real index of sixty films."""
    folder: Path = tmp_path_factory.mktemp("group")
    return small_catalog(folder)


def talk(index: Index, *plans: list[Action]) -> tuple[Assistant, list[Done]]:
    store = MemoryStore()
    assistant = Assistant(index, ScriptedModel(plans), store, store)
    return assistant, [assistant.ask(TurnRequest("hi", user="u", session="s")) for _ in plans]


KIDS = Remember(likes=("genres: Comedy",), avoids=("genres: Horror",), scope="other", person="my kids", together=True)
OWN = Remember(likes=("genres: Western",), avoids=("genres: Drama",))


def test_the_hard_limits_of_all_hold_and_both_tastes_are_shown(index: Index) -> None:
    _, (_, together) = talk(index, [OWN], [KIDS, Recommend(count=10)])
    genres = [str(g) for card in together.cards for g in card.item.facets["genres"]]  # type: ignore[union-attr]
    assert not {"Horror", "Drama"} & set(genres)
    assert {p.said.person for p in together.profile} == {"", "my kids"}


async def test_nothing_said_for_the_group_stays_with_the_speaker(index: Index) -> None:
    store = MemoryStore()
    plans: list[list[Action]] = [[OWN], [KIDS, React(item="id:f3", verdict="seen")], [Forget(what="my kids")]]
    assistant = Assistant(index, ScriptedModel(plans), store, store)
    for _ in plans:
        async for event in assistant.reply(TurnRequest("hi", user="u", session="s")):
            end = event
    assert isinstance(end, Done)
    assert {p.said.label for p in end.profile} == {"Western", "Drama"}
    assert not (await assistant.snapshot("u", "s")).dialogue.together


def test_a_new_limit_of_one_of_them_ends_what_was_asked_for(index: Index) -> None:
    westerns = Filter(facet="genres", op=Op.IN, values=("Western", "Comedy"))
    no_westerns = Remember(avoids=("genres: Western",), scope="session")
    _, (_, after) = talk(index, [Recommend(filters=(westerns,))], [no_westerns, Recommend(more=True)])
    assert after.cards
    assert {c.item.facets["genres"] for c in after.cards} == {("Comedy",)}
