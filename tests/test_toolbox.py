"""One definition of the tools, three ways out: our own model, LangChain, MCP. Bad arguments are told, not guessed."""

import asyncio
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from mcp import Client, MCPError, StdioServerParameters
from mcp_types import CallToolResult, TextContent

from agent.assistant import Assistant
from agent.errors import BadPlan, BadRequest
from agent.plan import Recommend, Search, SimilarTo
from agent.rules.model import RulesModel
from agent.tool_schema import action_of, checked_names, tools_of
from agent.toolbox import Toolbox
from agent.tools_langchain import langchain_tools
from agent.types import Done
from retrieval.index import Index
from tests.browser import small_catalog
from tests.cli_runs import borrowed_home, built_shop
from tests.fakes_store import MemoryStore
from tests.servers import running
from ui.mcp_server import mcp_server

ROOT = Path(__file__).parent.parent
WESTERNS = {"filters": [{"facet": "genres", "op": "in", "values": ["Western"]}], "count": 3}
WRONG = {"filters": [{"facet": "mood", "op": "in", "values": ["red"]}]}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Sixty films."""
    return small_catalog(tmp_path_factory.mktemp("tools"))


@pytest.fixture
def assistant(index: Index) -> Assistant:
    """An assistant without a language model."""
    store = MemoryStore()
    return Assistant(index, RulesModel(index.linker, index.catalog), store, store)


def test_the_schema_offers_only_facets_and_values_that_exist(index: Index) -> None:
    search = next(t for t in tools_of(index.catalog) if t.name == "search")
    text = json.dumps(dict(search.parameters))
    assert '"Western"' in text
    assert '"Ada Director1"' not in text or len(index.catalog.values("director")) <= 60
    assert '"$ref"' not in text
    properties = search.parameters["properties"]
    assert isinstance(properties, dict)
    facets = {shape["properties"]["facet"]["const"] for shape in properties["filters"]["items"]["anyOf"]}
    assert facets == {name for name, spec in index.catalog.spec.facets.items() if spec.filterable}


def test_every_tool_of_the_plan_is_described_and_its_own_arguments_are_valid(index: Index) -> None:
    tools = {tool.name: tool for tool in tools_of(index.catalog)}
    assert {"remember", "forget", "search", "similar_to", "recommend", "details", "compare", "why", "why_not"} < set(
        tools
    )
    assert all(tool.description for tool in tools.values())
    for action in (Search(query="x"), SimilarTo(titles=("A",)), Recommend(more=True)):
        given = action.model_dump(mode="json", exclude={"tool"}, exclude_defaults=True)
        assert action_of(action.tool, given) == action
        assert set(given) <= set(tools[action.tool].parameters["properties"])  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("name", "arguments", "quoted"),
    [
        ("buy", {}, "'buy'"),
        ("search", {"query": 3}, "query"),
        ("search", {"colour": "red"}, "colour"),
        ("search", WRONG, "'mood'"),
        ("search", {"sort": {"facet": "taste"}}, "'taste'"),
        ("similar_to", {"titles": []}, "titles"),
        ("search", {"count": 900}, "900"),
        ("ask", {"facet": "mood"}, "'mood'"),
        ("search", "harbour", "JSON object"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_with_the_bad_value(
    index: Index, name: str, arguments: object, quoted: str
) -> None:
    with pytest.raises(BadPlan, match=quoted):
        checked_names(action_of(name, arguments), index.catalog)


async def test_calls_are_turns_of_one_conversation(assistant: Assistant) -> None:
    box = Toolbox(assistant, "ann")
    first = await box.call("search", WESTERNS)
    assert [c.number for c in first.cards] == [1, 2, 3]
    assert first.tier.startswith("tools")
    assert all(c.item.title in first.reply for c in first.cards)
    await box.call("react", {"item": "[2]", "verdict": "reject"})
    again = await box.call("search", WESTERNS)
    assert first.cards[1].item.item_id not in {c.item.item_id for c in again.cards}
    assert first.cards[1].item.item_id in str(await assistant.profile("ann"))
    assert await assistant.profile("bob") == await assistant.profile("nobody")


def test_tools_need_a_person(assistant: Assistant) -> None:
    with pytest.raises(BadRequest, match="name the user"):
        Toolbox(assistant, "")


async def test_langchain_gets_text_for_the_model_and_the_turn_for_the_program(assistant: Assistant) -> None:
    tools = {tool.name: tool for tool in langchain_tools(assistant, "ann", "s")}
    found = await tools["search"].ainvoke({"name": "search", "args": WESTERNS, "id": "1", "type": "tool_call"})
    assert isinstance(found, ToolMessage)
    assert isinstance(found.artifact, Done)
    assert all(card.item.title in str(found.content) for card in found.artifact.cards)
    assert not any(card.item.item_id in str(found.content).split() for card in found.artifact.cards)
    wrong = await tools["search"].ainvoke({"name": "search", "args": WRONG, "id": "2", "type": "tool_call"})
    assert (wrong.status, "mood" in str(wrong.content)) == ("error", True)


class _ScriptedChat(GenericFakeChatModel):
    """A chat model of LangChain that says what a test wrote down."""

    def bind_tools(
        self, tools: Sequence[dict[str, object] | type | Callable[..., object] | BaseTool], **_: object
    ) -> Runnable[object, BaseMessage]:  # type: ignore[override]
        """Needs no tools to know what to call."""
        return self  # type: ignore[return-value]


def _calling(name: str, args: dict[str, object]) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": name, "type": "tool_call"}])


async def test_a_langgraph_agent_recommends_with_the_tools_and_mends_a_bad_call(assistant: Assistant) -> None:
    model = _ScriptedChat(
        messages=iter(
            [
                _calling("remember", {"likes": ["genres: Western"], "words": "I love westerns"}),
                _calling("search", WRONG),
                _calling("search", WESTERNS),
                AIMessage("Here are three westerns."),
                _calling("why", {"item": "[1]"}),
                AIMessage("Because you love westerns."),
            ]
        )
    )
    messages, cards = await _example().converse(model, assistant, "ann", ["a western, I love them", "why the first?"])
    results = [m for m in messages if isinstance(m, ToolMessage)]
    assert [m.status for m in results] == ["success", "error", "success", "success"]
    assert len(cards) == 3
    assert all(card.item.facets["genres"] == ("Western",) for card in cards)
    assert cards[0].item.title in str(results[-1].content)
    assert [p.said.label for p in (await assistant.profile("ann")).active()] == ["Western"]


def _example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("langgraph_agent", ROOT / "examples" / "langgraph_agent.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def _drive(client: Client, wanted: dict[str, object]) -> None:
    """What a client of MCP does: look, call, be told what was wrong."""
    names = {tool.name for tool in (await client.list_tools()).tools}
    assert {"search", "remember", "why_not"} <= names
    found = await client.call_tool("search", wanted)
    assert isinstance(found, CallToolResult)
    assert not found.is_error
    recommended = found.structured_content["recommendations"]
    assert len(recommended) == 3
    text = "".join(part.text for part in found.content if isinstance(part, TextContent))
    assert all(card["title"] in text for card in recommended)
    why = await client.call_tool("why", {"item": "[1]"})
    assert isinstance(why, CallToolResult)
    assert recommended[0]["title"] in "".join(p.text for p in why.content if isinstance(p, TextContent))
    wrong = await client.call_tool("search", WRONG)
    assert isinstance(wrong, CallToolResult)
    assert wrong.is_error
    assert wrong.structured_content["error"]["code"] == "bad_plan"
    with pytest.raises(MCPError, match="buy"):
        await client.call_tool("buy", {})


async def test_the_official_client_uses_the_tools_over_http(assistant: Assistant) -> None:
    with running(mcp_server(assistant, "ann").streamable_http_app()) as url:
        async with Client(f"{url}/mcp") as client:
            await _drive(client, WESTERNS)


async def test_the_official_client_starts_the_command_and_uses_the_tools_over_stdio(tmp_path: Path) -> None:
    home = borrowed_home(tmp_path)
    index = await asyncio.to_thread(built_shop, tmp_path, home)
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "ui.cli", "mcp", "--catalog", str(index), "--user", "ann"],
        env={**os.environ, "SOMMELIER_HOME": str(home)},
        cwd=ROOT,
    )
    async with Client(command) as client:
        await _drive(client, {"filters": [{"facet": "kind", "op": "in", "values": ["boots"]}], "count": 3})
