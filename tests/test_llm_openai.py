"""A language model on a real HTTP server, well and ill: every turn is committed, with the tier that did it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing

import pytest

from agent.app import model_of
from agent.assistant import Assistant
from agent.config import Settings
from agent.errors import ModelMisconfigured
from agent.grounding import check
from agent.llm_openai import OpenAIModel, Server
from agent.ports import ChatModel
from agent.types import Done, Event, Message, TextDelta, TurnRequest, Usage
from retrieval.index import Index
from tests.browser import small_catalog
from tests.contracts_model import ModelContract
from tests.fakes_store import MemoryStore
from tests.llm_server import (
    KEY,
    MODEL,
    Behaviour,
    FakeServer,
    calls,
    cut,
    fails,
    garbage,
    no_choices,
    says,
    serving,
    silent_after,
    slowly,
)
from tests.shop import SHOP

WESTERNS = {"filters": [{"facet": "genres", "op": "in", "values": ["Western"]}]}
SEARCH = ("search", {"query": "harbour", **WESTERNS})


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Sixty films."""
    return small_catalog(tmp_path_factory.mktemp("llm"))


@pytest.fixture
def server() -> FakeServer:
    """A server that finds westerns and lists them well."""
    return FakeServer([calls(SEARCH)], [says(listing)])


@pytest.fixture
def url(server: FakeServer) -> Iterator[str]:
    """Its address."""
    with serving(server) as url:
        yield url


def listing(body: Mapping[str, object]) -> str:
    """What a good model would write: every title of the list it was given, in bold, numbered."""
    text = str(body["messages"][-1]["content"])  # type: ignore[index]
    _, _, listed = text.partition('<data name="list">\n')
    lines = [line.split(" | ")[0].split(". title: ") for line in listed.partition("</data>")[0].splitlines()]
    return "Here are some:\n\n" + "\n".join(f"{number}. **{title}**" for number, title in lines) + "\n\nAnything else?"


def _half(body: Mapping[str, object]) -> str:
    """As far as into the middle of the third title."""
    whole = listing(body)
    return whole[: whole.index("3. **") + 8]


def settings(url: str, **given: object) -> Settings:
    """With short waits."""
    chosen = {"llm_url": url, "llm_model": MODEL, "llm_timeout_s": 2.0, "llm_reply_s": 4.0, **given}
    return Settings(**chosen)  # type: ignore[arg-type]


def assistant(index: Index, url: str, store: MemoryStore | None = None, **given: object) -> Assistant:
    """The assistant that `load` would make."""
    store = store or MemoryStore()
    return Assistant(index, model_of(index, settings(url, **given)), store, store)


async def turn(assistant: Assistant, text: str = "westerns by the harbour", **fields: str) -> Done:
    """One turn, which is committed, says something, and names exactly its cards."""
    request = TurnRequest(text=text, **{"user": "u", "session": "s", **fields})  # type: ignore[arg-type]
    events: list[Event] = []
    async with aclosing(assistant.reply(request)) as stream:
        events = [event async for event in stream]
    done = events[-1]
    assert isinstance(done, Done), done
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == done.reply
    assert done.reply.strip()
    if done.cards:
        assert check(done.reply, done.cards).holds, done.reply
    return done


class TestContract(ModelContract):
    @pytest.fixture
    async def model(self) -> AsyncIterator[ChatModel]:
        server = FakeServer([calls(("chat", {"kind": "unclear"}))], [says(_lamps)])
        with serving(server) as url:
            yield OpenAIModel(Server(url, MODEL), SHOP)


def _lamps(body: Mapping[str, object]) -> str:
    text = str(body["messages"][-1]["content"])  # type: ignore[index]
    return listing(body) if "begun" not in text else "\n2. **Sol**\n\nAnything else?"


async def test_a_plan_in_fragments_and_a_streamed_reply_make_a_turn(server: FakeServer, index: Index, url: str) -> None:
    done = await turn(assistant(index, url))
    assert done.tier == "llm; content-only"
    assert done.plan.actions[0].tool == "search"
    assert all(card.item.facets["genres"] == ("Western",) for card in done.cards)
    assert done.usage == Usage(200, 40, 2)
    assert done.notes == ()
    plan, reply = server.bodies(plans=True)[0], server.bodies(plans=False)[0]
    assert plan["tool_choice"] == "required"
    assert reply["stream"] is True


async def test_several_calls_run_the_same_tool_twice_included(server: FakeServer, index: Index, url: str) -> None:
    comedies = {"filters": [{"facet": "genres", "op": "in", "values": ["Comedy"]}], "count": 2}
    server.plans = [calls(("search", {**WESTERNS, "count": 2}), ("search", comedies), ("remember", {"likes": ["[1]"]}))]
    done = await turn(assistant(index, url))
    assert [a.tool for a in done.plan.actions] == ["search", "search", "remember"]
    assert len(done.cards) == 4


@pytest.mark.parametrize(
    "plan",
    [
        calls(SEARCH, numbered=False),
        calls(SEARCH, piece=1),
        says('<tool_call>\n{"name": "search", "arguments": {"query": "harbour", "filters": []}}\n</tool_call>'),
        says('Sure!\n```json\n[{"tool": "search", "query": "harbour"}]\n```'),
        says('{"name": "search", "arguments": "{\\"query\\": \\"harbour\\"}"}'),
    ],
    ids=["unnumbered", "single characters", "raw tool_call text", "fenced", "bare JSON"],
)
async def test_case_19_calls_in_fragments_or_as_text_are_read(
    server: FakeServer, index: Index, url: str, plan: Behaviour
) -> None:
    server.plans = [plan]
    done = await turn(assistant(index, url))
    assert done.tier == "llm; content-only"
    assert done.plan.actions[0].tool == "search"
    assert len(server.bodies(plans=True)) == 1


@pytest.mark.parametrize(
    ("bad", "quoted"),
    [
        (calls(("search", '{"query": "harb')), "search"),
        (says("I would look for westerns."), "no tool"),
        (calls(("buy", {"item": "x"})), "buy"),
        (calls(("search", {"filters": [{"facet": "colour", "op": "in", "values": ["red"]}]})), "colour"),
        (calls(("search", {"filters": [{"facet": "year", "op": "about", "values": [1990]}]})), "about"),
        (calls(("ask", {"facet": "mood"})), "mood"),
        (no_choices(), "no tool"),
    ],
    ids=["broken JSON", "text", "unknown tool", "unknown facet", "unknown operator", "unknown facet to ask", "empty"],
)
async def test_a_bad_plan_is_asked_for_once_more_with_what_was_wrong(
    server: FakeServer, index: Index, url: str, bad: Behaviour, quoted: str
) -> None:
    server.plans = [bad, calls(SEARCH)]
    done = await turn(assistant(index, url))
    assert done.tier == "llm; content-only"
    assert [note.kind for note in done.notes] == ["repaired"]
    again = server.bodies(plans=True)[1]["messages"]
    assert isinstance(again, list)
    assert quoted in again[-1]["content"]


async def test_two_bad_plans_let_the_rules_plan_and_the_model_still_tells(
    server: FakeServer, index: Index, url: str
) -> None:
    server.plans = [calls(("buy", {}))]
    done = await turn(assistant(index, url), "a western please")
    assert done.tier == "rules+llm; content-only"
    assert done.plan.actions[0].tool == "search"
    assert any(note.kind == "fell" and "bad_plan" in note.detail for note in done.notes)
    assert len(server.bodies(plans=True)) == 2


async def test_of_a_plan_that_stays_half_bad_the_good_half_runs(server: FakeServer, index: Index, url: str) -> None:
    server.plans = [calls(SEARCH, ("buy", {}))]
    done = await turn(assistant(index, url))
    assert [a.tool for a in done.plan.actions] == ["search"]
    assert [note.kind for note in done.notes] == ["repaired", "dropped"]


async def test_an_item_that_the_plan_made_up_is_told_as_unknown(server: FakeServer, index: Index, url: str) -> None:
    server.plans = [calls(("similar_to", {"titles": ["Zyxwvut Quorblax"]}))]
    server.replies = [fails(500)]
    done = await turn(assistant(index, url))
    assert done.cards == ()
    assert "Zyxwvut Quorblax" in done.reply


async def test_a_value_that_no_item_has_is_told_and_nothing_passed_off_for_it(
    server: FakeServer, index: Index, url: str
) -> None:
    server.plans = [calls(("search", {"filters": [{"facet": "genres", "op": "in", "values": ["Polka"]}]}))]
    server.replies = [fails(500)]
    done = await turn(assistant(index, url))
    assert "Polka" in done.reply


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_server_that_recovers_is_asked_again_after_as_long_as_it_said(
    server: FakeServer, index: Index, url: str, status: int
) -> None:
    server.plans = [fails(status, retry_after="0.01"), fails(status, retry_after="0.01"), calls(SEARCH)]
    done = await turn(assistant(index, url))
    assert done.tier == "llm; content-only"
    assert len(server.bodies(plans=True)) == 3


async def test_a_wait_longer_than_the_turn_may_take_is_not_waited_for(
    server: FakeServer, index: Index, url: str
) -> None:
    server.plans = [fails(429, retry_after="3600")]
    done = await turn(assistant(index, url))
    assert done.tier == "rules; content-only"
    assert len(server.bodies(plans=True)) == 1
    assert "429" in done.notes[0].detail


@pytest.mark.parametrize(
    "ill",
    [fails(500, retry_after="0.01"), fails(400), silent_after("", 5.0), garbage()],
    ids=["500", "400", "mute", "garbage"],
)
async def test_a_server_that_fails_leaves_the_whole_turn_to_the_rules(
    server: FakeServer, index: Index, url: str, ill: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    server.plans = server.replies = [ill]
    done = await turn(assistant(index, url, llm_timeout_s=0.5), "a western please")
    assert done.tier == "rules; content-only"
    assert done.cards
    assert any(note.kind == "fell" for note in done.notes)
    assert any("next rung" in record.message for record in caplog.records)


async def test_a_dead_server_costs_one_turn_its_wait_and_not_the_next_ones(
    server: FakeServer, index: Index, url: str
) -> None:
    server.plans = server.replies = [silent_after("", 5.0)]
    bot = assistant(index, url, llm_timeout_s=0.3)
    for _ in range(4):
        assert (await turn(bot, "a western please")).tier == "rules; content-only"
    assert len(server.asked) == 1


@pytest.mark.parametrize("ill", [cut, silent_after], ids=["cut", "silent"])
async def test_a_reply_that_breaks_off_is_gone_on_with_by_the_rules(
    server: FakeServer, index: Index, url: str, ill: object
) -> None:
    server.replies = [ill(_half)]  # type: ignore[operator]
    done = await turn(assistant(index, url, llm_timeout_s=0.5))
    assert done.tier == "llm+rules; content-only"
    assert done.reply.startswith("Here are some:")
    assert [note.kind for note in done.notes] == ["fell"]


async def test_a_slow_stream_is_read_to_its_end(server: FakeServer, index: Index, url: str) -> None:
    server.plans = [calls(("chat", {"kind": "greeting"}))]
    server.replies = [slowly("Hello! Tell me what you like, and I will look for it.")]
    done = await turn(assistant(index, url, llm_timeout_s=0.5), "hello")
    assert done.tier == "llm"
    assert done.reply == "Hello! Tell me what you like, and I will look for it."


async def test_without_usage_the_calls_are_still_counted(server: FakeServer, index: Index, url: str) -> None:
    server.plans, server.replies = [calls(SEARCH, usage=False)], [says(listing, usage=False)]
    assert (await turn(assistant(index, url))).usage == Usage(0, 0, 2)


async def test_two_people_at_once_get_their_own_replies(server: FakeServer, index: Index, url: str) -> None:
    bot = assistant(index, url)
    both = await asyncio.gather(*(turn(bot, user=f"u{n}", session=f"s{n}") for n in range(4)))
    assert {done.tier for done in both} == {"llm; content-only"}
    assert [done.session for done in both] == [f"s{n}" for n in range(4)]


async def test_an_earlier_message_of_a_stateless_dialogue_costs_no_call(
    server: FakeServer, index: Index, url: str
) -> None:
    history = tuple(Message("user", f"I like the harbour {n}") for n in range(5))
    request = TurnRequest(text="westerns", history=history)
    async with aclosing(assistant(index, url).reply(request)) as stream:
        end = [event async for event in stream][-1]
    assert isinstance(end, Done)
    assert len(server.asked) == 2


def test_case_14_a_wrong_model_name_stops_the_start(server: FakeServer, index: Index, url: str) -> None:
    with pytest.raises(ModelMisconfigured, match=r"'huge'.*tiny"):
        model_of(index, settings(url, llm_model="huge"), check=True)
    with pytest.raises(ModelMisconfigured, match="SOMMELIER_LLM_MODEL"):
        model_of(index, settings(url, llm_model=""), check=True)


def test_case_18_a_wrong_key_stops_the_start_and_is_quoted_nowhere(
    server: FakeServer, index: Index, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.key = "another"
    caplog.set_level(logging.DEBUG, "agent")
    chosen = settings(url, llm_key=KEY)
    with pytest.raises(ModelMisconfigured, match="SOMMELIER_LLM_KEY") as refused:
        model_of(index, chosen, check=True)
    assert KEY not in str(refused.value) + caplog.text + repr(chosen)


async def test_a_key_that_stops_working_is_a_visible_tier_and_is_not_logged(
    server: FakeServer, index: Index, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "agent")
    server.key = KEY
    bot = assistant(index, url, llm_key=KEY)
    assert (await turn(bot)).tier == "llm; content-only"
    server.key = "changed"
    store = MemoryStore()
    ill = assistant(index, url, store, llm_key=KEY)
    done = await turn(ill)
    assert done.tier == "rules; content-only"
    assert KEY not in caplog.text + repr(done)


def test_a_server_that_is_down_at_the_start_is_warned_of(index: Index, caplog: pytest.LogCaptureFixture) -> None:
    model = model_of(index, settings("http://127.0.0.1:9/v1"), check=True)
    assert model.tier == "llm+rules"
    assert "cannot be reached" in caplog.text


def test_an_assistant_may_be_used_from_one_event_loop_after_the_other(
    server: FakeServer, index: Index, url: str
) -> None:
    bot = assistant(index, url)
    tiers = [bot.ask(TurnRequest(text="westerns", user="u", session="s")).tier for _ in range(3)]
    assert tiers == ["llm; content-only"] * 3
