"""The tools of one assistant for one person in one conversation, for programs that bring their own model.

User, session and item ids are bound here: they never pass through that model. A call is a turn: it is remembered, and
'[2]' means the second item of the list before.
"""

import json
import secrets
from collections.abc import Mapping
from contextlib import aclosing

from agent.assistant import Assistant
from agent.errors import AgentError, BadRequest
from agent.quoting import one_line
from agent.tool_schema import Tool, action_of, checked_names, tools_of
from agent.types import Done, Event, Failed, TurnRequest

_WORDS = 200


class Toolbox:
    """The tools, and a way to run them."""

    def __init__(self, assistant: Assistant, user: str, session: str = "") -> None:
        """Bind the tools; without a session a new one begins. BadRequest without a user."""
        if not user:
            raise BadRequest("user '' has no profile; name the user whose tools these are")
        self._assistant, self._user = assistant, user
        self._session = session or secrets.token_urlsafe(12)

    @property
    def assistant(self) -> Assistant:
        """Whose tools these are."""
        return self._assistant

    def tools(self) -> tuple[Tool, ...]:
        """The tools as the catalogue offers them."""
        return tools_of(self._assistant.index.catalog)

    async def call(self, name: str, arguments: Mapping[str, object]) -> Done:
        """Run one call. BadPlan for an unknown tool or arguments that do not fit, else AgentError."""
        action = checked_names(action_of(name, arguments), self._assistant.index.catalog)
        words = f"{name} {one_line(json.dumps(arguments, ensure_ascii=False, default=str), _WORDS)}"
        request = TurnRequest(words, self._user, self._session, actions=(action,), facts_only=True)
        end: Event | None = None
        async with aclosing(self._assistant.reply(request)) as events:
            async for event in events:
                end = event
        if isinstance(end, Done):
            return end
        raise AgentError(end.message if isinstance(end, Failed) else f"the call of {name!r} ended in {end!r}")
