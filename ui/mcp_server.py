"""The tools over the Model Context Protocol: on standard input and output, or on a port of this machine."""

import asyncio
import json
import sys

import uvicorn
from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

from agent import Assistant
from agent.errors import AgentError
from agent.toolbox import Toolbox
from agent.types import Done
from ui.json_values import Json
from ui.listen import listen, url_of
from ui.views import extras_view

_READING = frozenset({"search", "similar_to", "recommend", "details", "compare", "why", "why_not", "ask", "chat"})
"""Tools that change nothing about the person; the others do, and a client may ask before it calls them."""


def mcp_server(assistant: Assistant, user: str, session: str = "") -> Server:
    """A server of the tools of one catalogue, for one person."""
    box = Toolbox(assistant, user, session)
    known = {tool.name for tool in box.tools()}

    async def listed(_: ServerRequestContext, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(
            tools=[
                Tool(
                    name=tool.name,
                    description=tool.description,
                    input_schema=dict(tool.parameters),
                    annotations=ToolAnnotations(read_only_hint=tool.name in _READING, open_world_hint=False),
                )
                for tool in box.tools()
            ]
        )

    async def called(_: ServerRequestContext, params: CallToolRequestParams) -> CallToolResult:
        if params.name not in known:
            raise MCPError(
                INVALID_PARAMS, f"there is no tool {params.name[:60]!r}; there are {', '.join(sorted(known))}"
            )
        try:
            return _result(await box.call(params.name, params.arguments or {}), assistant)
        except AgentError as error:
            return _failed(error)

    spec = assistant.index.catalog.spec
    about = f"Recommends {spec.nouns}, remembers taste, explains itself. '[2]' is the second one of the last list."
    return Server(f"sommelier-{spec.name}", instructions=about, on_list_tools=listed, on_call_tool=called)


def run(assistant: Assistant, user: str, session: str, port: int) -> None:
    """Serve one client on standard input and output until it goes away; with a port, clients of this machine at
    http://127.0.0.1:PORT/mcp, who share one conversation."""
    server = mcp_server(assistant, user, session)
    if not port:
        asyncio.run(_serve_stdio(server))
        return
    with listen("127.0.0.1", port) as taken:
        sys.stderr.write(f"MCP is at {url_of(taken)}/mcp; Ctrl-C stops it\n")
        config = uvicorn.Config(server.streamable_http_app(), log_config=None, access_log=False)
        uvicorn.Server(config).run(sockets=[taken])


async def _serve_stdio(server: Server) -> None:
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def _result(done: Done, assistant: Assistant) -> CallToolResult:
    """Text for the client's model, and the same with ids and scores for its program."""
    found: Json = extras_view(done, assistant.index.catalog)
    structured = json.loads(json.dumps({"found": done.reply.splitlines(), **found}, default=str))
    return CallToolResult(content=[TextContent(type="text", text=done.reply or "done")], structured_content=structured)


def _failed(error: AgentError) -> CallToolResult:
    text = f"{error.code}: {error}"
    told = {"error": {"code": error.code, "message": str(error)}}
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=told, is_error=True)
