"""The tools as LangChain tools: for any agent of LangChain or LangGraph. See examples/langgraph_agent.py."""

from collections.abc import Awaitable, Callable

from langchain_core.tools import StructuredTool, ToolException

from agent.assistant import Assistant
from agent.errors import AgentError
from agent.toolbox import Toolbox
from agent.types import Done


def langchain_tools(assistant: Assistant, user: str, session: str = "") -> list[StructuredTool]:
    """One LangChain tool per tool of the catalogue, bound to a person and a conversation.

    The content of a result is text for the model; its artifact is the turn (`agent.types.Done`), ids and scores
    included, for the program. Bad arguments come back as an error that the model can read and correct.
    """
    box = Toolbox(assistant, user, session)
    return [
        StructuredTool(
            name=tool.name,
            description=tool.description,
            args_schema=dict(tool.parameters),
            coroutine=_runner(box, tool.name),
            response_format="content_and_artifact",
            handle_tool_error=True,
        )
        for tool in box.tools()
    ]


def _runner(box: Toolbox, name: str) -> Callable[..., Awaitable[tuple[str, Done]]]:
    async def run(**arguments: object) -> tuple[str, Done]:
        try:
            done = await box.call(name, arguments)
        except AgentError as error:
            raise ToolException(f"{error.code}: {error}") from error
        return done.reply, done

    return run
