"""A language model on a real HTTP server, that is well, or plans badly."""

from collections.abc import AsyncIterator, Iterator, Mapping

import pytest

from agent.llm_openai import OpenAIModel, Server
from agent.ports import ChatModel, PlanContext
from agent.prompts import catalogue_of, plan_messages, templates_hash
from agent.types import Usage
from retrieval.index import Index
from tests.browser import small_catalog
from tests.contracts_model import ModelContract
from tests.llm_server import (
    MODEL,
    Behaviour,
    FakeServer,
    calls,
    fails,
    no_choices,
    says,
    serving,
)
from tests.llm_turns import SEARCH, WESTERNS, assistant, listing, turn
from tests.shop import SHOP


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
        says('<think>A search, {"name": "buy"}?</think><tool_call>{"name": "search", "arguments": {}}</tool_call>'),
    ],
    ids=["unnumbered", "single characters", "raw tool_call text", "fenced", "bare JSON", "behind thoughts"],
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


async def test_what_a_model_thinks_aloud_is_no_part_of_its_reply(server: FakeServer, index: Index, url: str) -> None:
    server.plans = [calls(("chat", {"kind": "greeting"}))]
    server.replies = [says("<think>\nA greeting. I must not mention Titanic.\n</think>\n\nHello! What do you like?")]
    done = await turn(assistant(index, url), "hello")
    assert (done.reply, done.tier, done.notes) == ("Hello! What do you like?", "llm", ())


async def test_a_model_tuned_on_the_tools_reads_the_brief_prompts_of_its_training(
    server: FakeServer, index: Index, url: str
) -> None:
    done = await turn(assistant(index, url, llm_prompts="brief"))
    context = PlanContext(text="westerns by the harbour", language="en")
    asked = plan_messages(context, catalogue_of(index.catalog, "brief"), index.catalog, "brief")
    plan, reply = server.bodies(plans=True)[0], server.bodies(plans=False)[0]
    assert plan["messages"] == [{"role": p.role, "content": p.text} for p in asked]
    assert "language: en" in str(reply["messages"])
    assert done.prompts == templates_hash("brief") != templates_hash("full")
