"""A language model on a real HTTP server, that is ill: turns end well, and say on which rung."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from agent.app import check_llm, model_of
from agent.errors import ModelMisconfigured
from agent.types import Done, Message, TurnRequest, Usage
from retrieval.index import Index
from tests.browser import small_catalog
from tests.fakes_store import MemoryStore
from tests.llm_server import (
    KEY,
    Behaviour,
    FakeServer,
    calls,
    cut,
    fails,
    garbage,
    says,
    serving,
    silent_after,
    slowly,
)
from tests.llm_turns import SEARCH, assistant, half, listing, settings, turn


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
    server.replies = [ill(half)]  # type: ignore[operator]
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
        check_llm(settings(url, llm_model="huge"))
    with pytest.raises(ModelMisconfigured, match="SOMMELIER_LLM_MODEL"):
        check_llm(settings(url, llm_model=""))


def test_case_18_a_wrong_key_stops_the_start_and_is_quoted_nowhere(
    server: FakeServer, index: Index, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.key = "another"
    caplog.set_level(logging.DEBUG, "agent")
    chosen = settings(url, llm_key=KEY)
    with pytest.raises(ModelMisconfigured, match="SOMMELIER_LLM_KEY") as refused:
        check_llm(chosen)
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
    down = settings("http://127.0.0.1:9/v1")
    check_llm(down)
    assert model_of(index, down).tier == "llm+rules"
    assert "cannot be reached" in caplog.text


def test_an_assistant_may_be_used_from_one_event_loop_after_the_other(
    server: FakeServer, index: Index, url: str
) -> None:
    bot = assistant(index, url)
    tiers = [bot.ask(TurnRequest(text="westerns", user="u", session="s")).tier for _ in range(3)]
    assert tiers == ["llm; content-only"] * 3
