"""The one question: only when its answer would change the list, the one that tells most, never the same twice."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.asking import CHOICES, LEAST_CHANGE, LEAST_COVERED, LEAST_GAIN, best_question, weigh
from agent.assistant import Assistant
from agent.observations import Question
from agent.plan import Action, Ask, Filter, Recommend, Remember, Search
from agent.types import Done, Event, Observed, TurnRequest
from retrieval.index import Index
from retrieval.types import Item, Op
from tests.browser import small_catalog
from tests.fakes_model import ScriptedModel
from tests.fakes_store import MemoryStore

FACETS = ("kind", "color")
_VALUES = st.sampled_from(["a", "b", "c", "d", "e", "f", "g"])
_HELD = st.one_of(st.none(), _VALUES, st.lists(_VALUES, min_size=1, max_size=3, unique=True).map(tuple))
_POOLS = st.lists(st.tuples(_HELD, _HELD, st.floats(0, 1)), min_size=1, max_size=25).map(
    lambda rows: [
        (Item(str(n), str(n), "", {f: v for f, v in zip(FACETS, row[:2], strict=True) if v is not None}), row[2])
        for n, row in enumerate(rows)
    ]
)


@given(_POOLS)
def test_what_is_asked_is_worth_it_and_no_other_question_tells_more(pool: list[tuple[Item, float]]) -> None:
    shown = [item for item, _ in pool[:5]]
    asked = best_question(pool, shown, FACETS)
    weighed = [w for f in FACETS if (w := weigh(pool, shown, f)) is not None]
    worthy = [w for w in weighed if w.gain >= LEAST_GAIN and w.change >= LEAST_CHANGE and w.covered >= LEAST_COVERED]
    assert asked == (max(worthy, key=lambda w: w.gain) if worthy else None)


@given(_POOLS)
def test_a_gain_is_between_nothing_and_all_there_is_to_know(pool: list[tuple[Item, float]]) -> None:
    for facet in FACETS:
        weighed = weigh(pool, [item for item, _ in pool[:5]], facet)
        if weighed is not None:
            assert 0 <= weighed.gain <= 2.33  # four choices and any other
            assert 0 <= weighed.change <= 1.0001
            assert 0 < weighed.covered <= 1.0001
            assert 2 <= len(weighed.choices) <= CHOICES


@given(_POOLS)
def test_the_order_of_the_pool_does_not_matter(pool: list[tuple[Item, float]]) -> None:
    one, other = weigh(pool, [], "kind"), weigh(pool[::-1], [], "kind")
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one.gain == pytest.approx(other.gain)


def things(*kinds: str) -> list[Item]:
    """Items of these kinds."""
    return [Item(str(n), kind, "", {"kind": kind}) for n, kind in enumerate(kinds)]


def test_a_sure_favourite_leaves_nothing_to_ask() -> None:
    items = things("a", "b", "c", "d")
    even = weigh([(i, 1.0) for i in items], items, "kind")
    sure = weigh([(i, 1.0 if n == 0 else 0.001) for n, i in enumerate(items)], items, "kind")
    assert even is not None
    assert even.gain == pytest.approx(2.0)
    assert sure is None or sure.gain < LEAST_GAIN


def test_an_answer_that_leaves_the_list_as_it_is_is_not_asked_for() -> None:
    items = [Item(str(n), "x", "", {"kind": ("a", "b", "c", "d")}) for n in range(4)]
    weighed = weigh([(i, 1.0) for i in items], items, "kind")
    assert weighed is not None
    assert weighed.gain == pytest.approx(0.0)
    assert best_question([(i, 1.0) for i in items], items, ["kind"]) is None


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """A real index of sixty films of five genres."""
    folder: Path = tmp_path_factory.mktemp("asking")
    return small_catalog(folder)


async def facets_asked(index: Index, *plans: list[Action], **fields: object) -> list[str]:
    """The facet that each turn asks about, '' for none."""
    store = MemoryStore()
    assistant = Assistant(index, ScriptedModel(plans), store, store)
    asked = []
    for _ in plans:
        request = TurnRequest("hi", **{"user": "u", "session": "s", **fields})  # type: ignore[arg-type]
        events: list[Event] = [event async for event in assistant.reply(request)]
        assert isinstance(events[-1], Done), events[-1]
        questions = [e.observation for e in events if isinstance(e, Observed) and isinstance(e.observation, Question)]
        asked.append(next((q.facet for q in questions), ""))
        assert [type(a) for a in events[-1].plan.actions].count(Ask) == len(questions)
    return asked


async def test_results_come_first_and_the_question_is_asked_once_in_a_session(index: Index) -> None:
    assert await facets_asked(index, [Recommend()], [Recommend()], [Recommend()]) == ["genres", "", ""]


WESTERNS = Filter(facet="genres", op=Op.IN, values=("Western",))


@pytest.mark.parametrize(
    "plan",
    [
        [Recommend(surprise=True)],
        [Recommend(count=1)],
        [Search(query="harbour", keep=True)],
        [Search(filters=(WESTERNS,))],
        [Remember(likes=("genres: Western",)), Recommend()],
        [Recommend(), Search(query="harbour")],
    ],
)
async def test_who_wants_results_now_or_has_said_it_is_not_asked(index: Index, plan: list[Action]) -> None:
    assert await facets_asked(index, plan) == [""]


async def test_without_a_memory_of_what_was_asked_nothing_is_asked(index: Index) -> None:
    assert await facets_asked(index, [Recommend()], history=()) == [""]
    assert await facets_asked(index, [Recommend()], user="", session="") == [""]
