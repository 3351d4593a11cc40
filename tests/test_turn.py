"""One chat turn through Assistant.reply, on a real index, with a scripted model."""

from collections.abc import Sequence
from contextlib import aclosing

import pytest

from agent.assistant import Assistant
from agent.observations import Found
from agent.plan import (
    Action,
    Ask,
    Chat,
    Compare,
    Details,
    Filter,
    Forget,
    Order,
    React,
    Recommend,
    Remember,
    Search,
    SimilarTo,
    Why,
    WhyNot,
)
from agent.profile import Profile
from agent.types import Done, Event, Failed, Message, Observed, Planned, Recommended, TextDelta, TurnRequest
from retrieval.index import Index
from retrieval.types import Op
from tests.browser import small_catalog
from tests.fakes_model import ScriptedModel
from tests.fakes_store import MemoryStore

WESTERNS = Filter(facet="genres", op=Op.IN, values=("Western",))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return small_catalog(tmp_path_factory.mktemp("turn"))


def assistant(index: Index, *plans: Sequence[Action], store: MemoryStore | None = None) -> Assistant:
    store = store or MemoryStore()
    return Assistant(index, ScriptedModel(plans), store, store)


async def events(assistant: Assistant, text: str = "hi", **fields: object) -> list[Event]:
    request = TurnRequest(text=text, **{"user": "u", "session": "s", **fields})  # type: ignore[arg-type]
    async with aclosing(assistant.reply(request)) as stream:
        return [event async for event in stream]


async def done(assistant: Assistant, text: str = "hi", **fields: object) -> Done:
    end = (await events(assistant, text, **fields))[-1]
    assert isinstance(end, Done), end
    return end


async def test_events_come_in_order_and_the_pieces_are_the_reply(index: Index) -> None:
    seen = await events(assistant(index, [Search(query="harbour")]))
    order = [Planned, Observed, Recommended, TextDelta, Done]
    assert list(dict.fromkeys(type(e) for e in seen)) == order
    end = seen[-1]
    assert isinstance(end, Done)
    assert "".join(e.text for e in seen if isinstance(e, TextDelta)) == end.reply


async def test_a_turn_reads_once_calls_the_model_twice_and_writes_once(index: Index) -> None:
    store, model = MemoryStore(), ScriptedModel([[Search(query="harbour")]])
    await done(Assistant(index, model, store, store))
    assert (len(model.planned), len(model.told), store.commits) == (1, 1, 1)


async def test_a_click_needs_no_planning(index: Index) -> None:
    store, model = MemoryStore(), ScriptedModel()
    end = await done(Assistant(index, model, store, store), actions=(SimilarTo(titles=("id:f3",)),))
    assert model.planned == []
    assert end.cards
    assert "f3" not in {c.item.item_id for c in end.cards}


async def test_a_plan_may_use_one_tool_twice_and_both_run(index: Index) -> None:
    comedies = Filter(facet="genres", op=Op.IN, values=("Comedy",))
    end = await done(assistant(index, [Search(filters=(WESTERNS,), count=2), Search(filters=(comedies,), count=2)]))
    assert [c.item.facets["genres"] for c in end.cards] == [("Western",)] * 2 + [("Comedy",)] * 2
    assert [c.number for c in end.cards] == [1, 2, 3, 4]


async def test_who_states_a_taste_gets_results_too(index: Index) -> None:
    end = await done(assistant(index, [Remember(likes=("genres: Western",))]))
    assert [a.tool for a in end.plan.actions] == ["remember", "recommend"]
    assert end.cards


async def test_seen_and_rejected_items_stay_out_of_the_next_list(index: Index) -> None:
    bot = assistant(
        index, [Recommend()], [React(item="[1]", verdict="seen"), React(item="[2]", verdict="reject"), Recommend()]
    )
    first, second = await done(bot), await done(bot)
    gone = {first.cards[0].item.item_id, first.cards[1].item.item_id}
    assert not gone & {c.item.item_id for c in second.cards}


async def test_what_is_like_number_two_stays_so_when_there_is_another_list(index: Index) -> None:
    bot = assistant(index, [Search(filters=(WESTERNS,))], [SimilarTo(titles=("[2]",))], [Recommend(more=True)])
    meant = (await done(bot)).cards[1].item
    seen = [e for _ in range(2) for e in await events(bot)]
    found = [e.observation for e in seen if isinstance(e, Observed)]
    assert [o.anchors for o in found if isinstance(o, Found)] == [(meant,), (meant,)]


async def test_more_brings_others_than_those_shown(index: Index) -> None:
    bot = assistant(index, [Search(filters=(WESTERNS,))], [Recommend(more=True)])
    first, second = await done(bot), await done(bot)
    assert not {c.item.item_id for c in first.cards} & {c.item.item_id for c in second.cards}
    assert all(c.item.facets["genres"] == ("Western",) for c in second.cards)


async def test_a_critique_keeps_the_conditions_of_the_last_search(index: Index) -> None:
    older = Search(keep=True, filters=(Filter(facet="year", op=Op.LT, values=(1980,)),))
    bot = assistant(index, [Search(filters=(WESTERNS,))], [older])
    await done(bot)
    cards = (await done(bot)).cards
    assert cards
    assert all(c.item.facets["genres"] == ("Western",) and float(str(c.item.facets["year"])) < 1980 for c in cards)


async def test_an_order_covers_the_whole_catalogue(index: Index) -> None:
    end = await done(assistant(index, [Search(sort=Order(facet="year"), filters=(WESTERNS,), count=1)]))
    years = [float(str(i.facets["year"])) for i in index.catalog.items if i.facets["genres"] == ("Western",)]
    assert end.cards[0].item.facets["year"] == max(years)


async def test_nothing_that_fits_is_said_with_the_smallest_relaxations(index: Index) -> None:
    future = Filter(facet="year", op=Op.GT, values=(2050,))
    seen = await events(assistant(index, [Search(filters=(WESTERNS, future))]))
    (nothing,) = [e.observation for e in seen if isinstance(e, Observed)]
    assert type(nothing).__name__ == "Nothing"
    assert [(r.dropped[0].facet, r.count) for r in nothing.relaxations] == [("year", 14)]  # type: ignore[union-attr]
    assert not any(isinstance(e, Recommended) for e in seen)


async def test_an_unknown_title_is_told_and_nothing_is_passed_off_as_similar(index: Index) -> None:
    seen = await events(assistant(index, [SimilarTo(titles=("Zyxwvut Quorblax",))]))
    assert [type(e.observation).__name__ for e in seen if isinstance(e, Observed)] == ["Unresolved"]
    assert not any(isinstance(e, Recommended) for e in seen)


async def test_a_gift_leaves_ones_own_profile_untouched(index: Index) -> None:
    store = MemoryStore()
    gift = Remember(likes=("genres: Western",), scope="other", person="my dad")
    bot = assistant(index, [Remember(likes=("genres: Comedy",))], [gift], store=store)
    await done(bot)
    end = await done(bot)
    assert [p.said.label for p in end.profile] == ["Western"]
    profile = await bot.profile("u")
    assert [p.said.label for p in profile.active("s")] == ["Comedy"]


async def test_why_why_not_details_compare_and_ask_report_what_they_found(index: Index) -> None:
    calls: list[Action] = [
        Why(item="[1]"),
        WhyNot(item="id:f0"),
        Details(item="[1]", facet="year"),
        Compare(items=("[1]", "[2]")),
        Ask(facet="genres"),
        Chat(kind="thanks"),
    ]
    bot = assistant(index, [Search(filters=(WESTERNS,))], calls)
    await done(bot)
    seen = [type(e.observation).__name__ for e in await events(bot) if isinstance(e, Observed)]
    assert seen == ["Explained", "Missed", "Answered", "Compared", "Question", "Said"]


async def test_forgetting_everything_starts_over(index: Index) -> None:
    bot = assistant(
        index, [Remember(likes=("genres: Western",), dislikes=("genres: Drama",))], [Forget(what="everything")]
    )
    await done(bot)
    assert (await done(bot)).profile == ()


@pytest.mark.parametrize("break_at", [0, 2])
async def test_a_model_that_breaks_fails_the_turn_and_nothing_of_it_is_remembered(index: Index, break_at: int) -> None:
    store = MemoryStore()
    model = ScriptedModel([[Remember(likes=("genres: Western",))]], tells_until=break_at)
    bot = Assistant(index, model, store, store)
    end = (await events(bot))[-1]
    assert isinstance(end, Failed)
    assert end.code == "model_down"
    assert store.commits == 0
    assert await bot.profile("u") == Profile()


async def test_a_broken_store_fails_the_turn_with_its_own_code(index: Index) -> None:
    store = MemoryStore()
    store.broken = True
    end = (await events(assistant(index, [Chat(kind="greeting")], store=store)))[-1]
    assert isinstance(end, Failed)
    assert end.code == "store_error"


async def test_a_turn_that_nobody_reads_to_its_end_is_not_remembered(index: Index) -> None:
    store = MemoryStore()
    bot = assistant(index, [Search(query="harbour")], store=store)
    async with aclosing(bot.reply(TurnRequest(text="hi", user="u", session="s"))) as stream:
        async for event in stream:
            if isinstance(event, TextDelta):
                break
    assert store.commits == 0


@pytest.mark.parametrize(
    ("fields", "quoted"),
    [
        ({"text": "x" * 9000}, "9000"),
        ({"user": "a\nb"}, "'a\\nb'"),
        ({"session": "s" * 201}, "session"),
        ({"count": 0}, "0"),
        ({"diversity": 2.0}, "2.0"),
    ],
)
async def test_a_request_that_cannot_be_served_is_refused_with_the_bad_value(
    index: Index, fields: dict[str, object], quoted: str
) -> None:
    (end,) = await events(assistant(index), **{"text": "hi", **fields})
    assert isinstance(end, Failed)
    assert end.code == "bad_request"
    assert quoted in end.message


async def test_without_a_session_the_messages_are_the_state_and_nothing_is_stored(index: Index) -> None:
    store = MemoryStore()
    plans: list[list[Action]] = [
        [Remember(dislikes=("genres: Comedy",)), Search(filters=(WESTERNS,))],
        [Search(keep=True, filters=(Filter(facet="year", op=Op.GE, values=(1990,)),))],
    ]
    history = (Message("user", "westerns, I hate comedy"), Message("assistant", "1. The Harbour 42 (2002)"))
    end = await done(assistant(index, *plans, store=store), user="", session="", history=history)
    assert [p.said.label for p in end.profile] == ["Comedy"]
    assert all(c.item.facets["genres"] == ("Western",) and float(str(c.item.facets["year"])) >= 1990 for c in end.cards)
    assert store.commits == 0


async def test_two_people_at_once_never_see_each_others_state(index: Index) -> None:
    store = MemoryStore()
    bot = assistant(index, [Remember(likes=("genres: Western",))], [Remember(likes=("genres: Comedy",))], store=store)
    await done(bot, user="ann", session="same")
    await done(bot, user="bob", session="same")
    assert [p.said.label for p in (await bot.profile("ann")).active()] == ["Western"]
    assert [p.said.label for p in (await bot.profile("bob")).active()] == ["Comedy"]


async def test_the_persons_own_hand_edits_undoes_reacts_and_erases(index: Index) -> None:
    bot = assistant(index, [Remember(likes=("genres: Western",))])
    await done(bot)
    (liked,) = (await bot.profile("u")).active()
    edited = await bot.edit("u", liked.id, polarity=-1, hard=True)
    assert [(p.said.polarity, p.said.hard) for p in edited.active()] == [(-1, True)]
    assert [(p.said.polarity, p.said.hard) for p in (await bot.undo("u")).active()] == [(1, False)]
    reacted = await bot.react("u", "s", "f5", "like")
    assert {p.said.kind for p in reacted.active("s")} == {"facet", "item"}
    assert await bot.erase("u") >= 1
    assert await bot.profile("u") == Profile()
