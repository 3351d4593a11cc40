"""Random conversations over a real index with Chroma: no limit breaks, nothing known comes back, nothing leaks."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agent.assistant import Assistant
from agent.grounding import check
from agent.observations import Found, Question
from agent.plan import Accept, Action, Ask, Filter, Forget, Plan, React, Recommend, Remember, Search, SimilarTo
from agent.ports import PlanContext, TellContext, Understood
from agent.profile import Preference, Statement
from agent.rules.model import RulesModel
from agent.types import Credit, Done, Event, Observed, TurnRequest
from retrieval.catalog import as_labels
from retrieval.index import Index
from retrieval.types import Item, Op
from tests.browser import small_catalog
from tests.fakes_store import MemoryStore

GENRES = ("Comedy", "Drama", "Western", "Thriller", "Horror")
DIRECTORS = tuple(f"Ada Director{n}" for n in range(9))
IDS = tuple(f"id:f{n}" for n in range(0, 56, 3))
_MANY = settings(
    max_examples=20,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Sixty films in a real Chroma."""
    folder: Path = tmp_path_factory.mktemp("properties")
    return small_catalog(folder)


@dataclass
class Planned:
    """Plans from a script, replies by the rules."""

    rules: RulesModel
    plans: Iterator[Sequence[Action]]
    tier: str = "planned"
    told: list[str] = field(default_factory=list)

    async def plan(self, context: PlanContext) -> Understood:
        """The next plan."""
        return Understood(Plan(actions=tuple(next(self.plans))), Credit(self.tier))

    def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """In sentences."""
        return self.rules.tell(context)


values = st.one_of(
    st.sampled_from([f"genres: {g}" for g in GENRES]), st.sampled_from([f"director: {d}" for d in DIRECTORS])
)
mentions = st.one_of(values, st.sampled_from(IDS))
genre_filters = st.builds(
    lambda op, chosen: Filter(facet="genres", op=op, values=tuple(chosen)),
    st.sampled_from([Op.IN, Op.NOT_IN]),
    st.lists(st.sampled_from(GENRES), min_size=1, max_size=2, unique=True),
)
year_filters = st.builds(
    lambda op, year: Filter(facet="year", op=op, values=(float(year),)),
    st.sampled_from([Op.GE, Op.LE, Op.GT, Op.LT]),
    st.integers(1955, 2030),
)
filters = st.lists(st.one_of(genre_filters, year_filters), max_size=3).map(tuple)
few = st.lists(mentions, max_size=2, unique=True).map(tuple)
remembering = st.builds(
    Remember,
    likes=few,
    dislikes=few,
    avoids=st.lists(values, max_size=2, unique=True).map(tuple),
    constraints=st.lists(year_filters, max_size=1).map(tuple),
    scope=st.sampled_from(["session", "always"]),
)
for_others = st.builds(
    Remember,
    likes=few,
    avoids=st.lists(values, max_size=2, unique=True).map(tuple),
    constraints=st.lists(year_filters, max_size=1).map(tuple),
    scope=st.just("other"),
    person=st.sampled_from(["my dad", "my kids"]),
    together=st.booleans(),
)
reactions = st.builds(
    React,
    item=st.sampled_from(["[1]", "[2]", *IDS]),
    verdict=st.sampled_from(["like", "dislike", "seen", "reject"]),
)
fetches = st.one_of(
    st.builds(
        Search,
        query=st.sampled_from(["", "harbour", "two strangers"]),
        filters=filters,
        keep=st.booleans(),
        drop=st.sampled_from([(), ("year",), ("genres",)]),
        trial=st.booleans(),
    ),
    st.builds(Recommend, filters=filters, more=st.booleans(), surprise=st.booleans()),
    st.builds(SimilarTo, titles=st.tuples(st.sampled_from(IDS)), filters=filters),
    st.just(Accept()),
)
changes = st.one_of(remembering, for_others, reactions, st.builds(Forget, what=st.one_of(st.just("last"), values)))
turns = st.tuples(st.lists(changes, max_size=2), fetches).map(lambda t: (*t[0], t[1]))
dialogues = st.lists(turns, min_size=1, max_size=6)


@dataclass(frozen=True)
class Told:
    """One turn that has run: its end, what the tools saw, and whose preferences count after it."""

    done: Done
    seen: tuple[object, ...]
    own: tuple[Preference, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """What is on the cards."""
        return tuple(c.item for c in self.done.cards)


def hold(index: Index, plans: Sequence[Sequence[Action]]) -> list[Told]:
    """Hold a dialogue."""

    async def run() -> list[Told]:
        store = MemoryStore()
        model = Planned(RulesModel(index.linker, index.catalog), iter(plans))
        assistant = Assistant(index, model, store, store)
        told = []
        for n in range(len(plans)):
            request = TurnRequest(f"message {n}", user="u", session="s")
            events: list[Event] = [event async for event in assistant.reply(request)]
            assert isinstance(events[-1], Done), events[-1]
            seen = tuple(e.observation for e in events if isinstance(e, Observed))
            told.append(Told(events[-1], seen, (await assistant.profile("u")).active("s")))
        return told

    return asyncio.run(run())


def breaks(item: Item, said: Statement) -> bool:
    """Whether an item breaks a hard statement, read from the item itself."""
    held = item.facets.get(said.facet)
    if said.kind == "facet":
        has = bool(set(as_labels(held)) & set(map(str, said.values))) if isinstance(held, str | tuple) else False
        return has == (said.polarity < 0)
    number, bound = float(str(held)), float(str(said.values[0]))
    met = {Op.GE: number >= bound, Op.LE: number <= bound, Op.GT: number > bound, Op.LT: number < bound}
    return not met[said.op]


def asked_anyway(said: Statement, found: Sequence[Found]) -> bool:
    """Whether the fetch itself asked for what is ruled out otherwise: an explicit wish wins over a standing one."""
    for constraint in (c for f in found for c in f.constraints):
        if constraint.facet == said.facet and constraint.op is not Op.NOT_IN:
            own = (constraint.op, constraint.values) == (said.op, said.values)
            if (said.kind == "bound" and not own) or set(constraint.values) & set(said.values):
                return True
    return False


@_MANY
@given(dialogues)
def test_no_hard_limit_ever_breaks_and_nothing_known_comes_back(index: Index, plans: list[tuple[Action, ...]]) -> None:
    for told in hold(index, plans):
        found = [o for o in told.seen if isinstance(o, Found)]
        limits = [p.said for p in told.done.profile if p.said.hard and p.said.facet]
        known = {str(p.said.values[0]) for p in told.done.profile if p.said.kind == "item"}
        for item in told.items:
            assert item.item_id not in known
            assert not [s for s in limits if breaks(item, s) and not asked_anyway(s, found)]
            for constraint in (c for f in found if item in [x.item for x in f.candidates] for c in f.constraints):
                assert index.catalog.mask([constraint])[index.catalog.position(item.item_id)]


@_MANY
@given(dialogues)
def test_list_and_reply_name_the_same_items_in_the_same_order(index: Index, plans: list[tuple[Action, ...]]) -> None:
    for told in hold(index, plans):
        assert [c.number for c in told.done.cards] == list(range(1, len(told.items) + 1))
        assert len(set(told.items and [i.item_id for i in told.items])) == len(told.items)
        held = check(told.done.reply, told.done.cards, index.catalog.items)
        assert not told.items or held.holds, held


@_MANY
@given(dialogues, remembering)
def test_undo_restores_exactly_what_was_there(index: Index, plans: list[tuple[Action, ...]], change: Remember) -> None:
    before, after, undone = hold(index, [*plans, (change,), (Forget(what="last"),)])[-3:]
    alike = [p.said for p in before.own] == [p.said for p in after.own]
    assert alike or [(p.id, p.said) for p in undone.own] == [(p.id, p.said) for p in before.own]


@_MANY
@given(st.lists(remembering, max_size=2), st.lists(st.tuples(for_others, fetches), min_size=1, max_size=3))
def test_what_is_said_of_others_never_reaches_ones_own_profile(
    index: Index, own: list[Remember], others: list[tuple[Action, ...]]
) -> None:
    plans: list[tuple[Action, ...]] = [(change, Recommend()) for change in own]
    reacting = [(*turn, React(item="[1]", verdict="like")) for turn in others]
    told = hold(index, [*plans, (Recommend(),), *reacting])
    before = told[len(plans)].own
    assert all(t.own == before for t in told[len(plans) :])
    if not any(isinstance(a, Remember) and a.together for turn in others for a in turn):
        assert all(p.said.person for t in told[len(plans) + 1 :] for p in t.done.profile)


@_MANY
@given(dialogues, values)
def test_what_is_forgotten_is_gone(index: Index, plans: list[tuple[Action, ...]], what: str) -> None:
    facet, value = what.split(": ")
    one, everything = hold(index, [*plans, (Forget(what=what),), (Forget(what="everything"), Recommend())])[-2:]
    assert not [p for p in one.done.profile if p.said.facet == facet and value in p.said.values]
    assert everything.done.profile == ()


@_MANY
@given(dialogues)
def test_no_facet_is_asked_about_twice(index: Index, plans: list[tuple[Action, ...]]) -> None:
    asked = [o.facet for told in hold(index, plans) for o in told.seen if isinstance(o, Question)]
    reset = any(isinstance(a, Forget | Ask) for plan in plans for a in plan)
    assert reset or len(asked) == len(set(asked))
