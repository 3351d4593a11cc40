"""ChatModel over any OpenAI-compatible server, through LangChain's chat model.

A plan is a required tool call under the catalogue's schema, a reply is streamed text. Failures of the server become
ModelDown (try again later) or ModelMisconfigured (repair the settings); neither quotes the key.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

import openai
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agent.config import Settings
from agent.errors import BadPlan, ModelDown, ModelMisconfigured
from agent.llm_failures import FAILURES, failure, retry_after
from agent.plan import Action
from agent.ports import PlanContext, TellContext, Understood
from agent.prompts import Prompt, Style, catalogue_of, plan_messages, reply_messages, templates_hash
from agent.thinking import Unthought, answer_of
from agent.tool_calls import Called, Fragment, joined, written
from agent.tool_schema import action_of, checked_names, plan_of, tools_of
from agent.types import Credit, Note, Usage
from retrieval.catalog import Catalog

log = logging.getLogger(__name__)

_RETRIES = 2
_ONE_CALL = Usage(calls=1)
_PLAN_TOKENS: Mapping[Style, int] = {"full": 800, "brief": 400}
_REPLY_TOKENS: Mapping[Style, int] = {"full": 1200, "brief": 600}


@dataclass(frozen=True, slots=True)
class Server:
    """Where a model is served and how long it may take; see the settings of the same names."""

    url: str
    model: str
    key: SecretStr = field(default_factory=lambda: SecretStr(""))
    timeout_s: float = 20.0
    reply_s: float = 60.0
    prompts: Style = "full"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a server sent in one call."""

    text: str = ""
    fragments: tuple[Fragment, ...] = ()
    usage: Usage = _ONE_CALL
    finish: str = ""


@dataclass(slots=True)
class _Heard:
    """An answer as it comes in."""

    answer: _Answer = field(default_factory=_Answer)

    def add(self, piece: _Answer) -> None:
        """Put a piece behind what came before."""
        a = self.answer
        usage = piece.usage if piece.usage.prompt else a.usage
        self.answer = _Answer(a.text + piece.text, a.fragments + piece.fragments, usage, piece.finish or a.finish)


class OpenAIModel:
    """A language model on a server, talking about one catalogue."""

    tier = "llm"

    def __init__(self, server: Server, catalog: Catalog) -> None:
        self._server, self._catalog = server, catalog
        self._catalogue = catalogue_of(catalog, server.prompts)
        self._tools = [
            {
                "type": "function",
                "function": {"name": t.name, "description": t.description, "parameters": dict(t.parameters)},
            }
            for t in tools_of(catalog)
        ]
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, ChatOpenAI] = WeakKeyDictionary()

    async def plan(self, context: PlanContext) -> Understood:
        """Read one message as a plan: one call, and a second one that is told what was wrong with the first."""
        asked = _messages(plan_messages(context, self._catalogue, self._catalog, self._server.prompts))
        first = await self._whole(asked)
        actions, faults = self._actions(first)
        credit = Credit(self.tier, first.usage, prompts=templates_hash(self._server.prompts))
        if actions and not faults:
            return Understood(plan_of(actions), credit)
        log.info("a plan is asked for again: %s", "; ".join(faults))
        repair = f"That was no usable plan: {'; '.join(faults)}. Answer with corrected tool calls, all of them, only."
        second = await self._whole([*asked, AIMessage(_said(first)), HumanMessage(repair)])
        again, still = self._actions(second)
        notes = (Note("repaired", f"a plan: {'; '.join(faults)}"), *(Note("dropped", f"a call: {f}") for f in still))
        if not again:
            raise BadPlan(f"the model {self._server.model!r} gave no usable plan twice: {'; '.join(still)}")
        return Understood(plan_of(again), replace(credit, usage=first.usage + second.usage, notes=notes))

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """Stream the reply; ModelDown where it is cut. What it says is not checked here."""
        asked = _messages(reply_messages(context, self._catalogue, self._catalog, self._server.prompts))
        heard, thoughts = _Heard(), Unthought()
        try:
            async with asyncio.timeout(self._server.reply_s), aclosing(self._stream(asked, plans=False)) as pieces:
                async for piece in pieces:
                    heard.add(piece)
                    if said := thoughts.add(piece.text):
                        yield said
        except FAILURES as error:
            raise failure(error, self._server.url, self._server.model, self._server.reply_s) from error
        if said := thoughts.rest():
            yield said
        if not answer_of(heard.answer.text).strip():
            raise ModelDown(f"the model {self._server.model!r} said nothing; look at its server")
        if heard.answer.finish != "stop":
            raise ModelDown(f"the reply of {self._server.model!r} was cut ({heard.answer.finish or 'no end'!r})")
        yield Credit(self.tier, heard.answer.usage, prompts=templates_hash(self._server.prompts))

    async def _whole(self, asked: Sequence[BaseMessage]) -> _Answer:
        heard = _Heard()
        try:
            async with asyncio.timeout(self._server.timeout_s):
                async with aclosing(self._stream(asked, plans=True)) as pieces:
                    async for piece in pieces:
                        heard.add(piece)
        except FAILURES as error:
            raise failure(error, self._server.url, self._server.model, self._server.timeout_s) from error
        return heard.answer

    async def _stream(self, asked: Sequence[BaseMessage], *, plans: bool) -> AsyncGenerator[_Answer, None]:
        """One answer in pieces; tried again, while nothing of it has come, after as long as the server asks for."""
        deadline = asyncio.get_running_loop().time() + self._server.timeout_s
        for attempt in range(_RETRIES + 1):
            begun = False
            try:
                chunks = self._asked(list(asked), plans=plans)
                async for chunk in _closed(chunks):
                    begun = True
                    yield _piece(chunk)
            except FAILURES as error:
                pause = retry_after(error, attempt)
                late = pause is None or asyncio.get_running_loop().time() + pause > deadline
                if begun or late or attempt == _RETRIES or pause is None:
                    raise
                await asyncio.sleep(pause)
            else:
                return

    def _asked(self, asked: list[BaseMessage], *, plans: bool) -> AsyncIterator[BaseMessage]:
        style = self._server.prompts
        if not plans:
            return self._client().astream(asked, max_tokens=_REPLY_TOKENS[style])
        most = _PLAN_TOKENS[style]
        return self._client().astream(asked, max_tokens=most, tools=self._tools, tool_choice="required")

    def _actions(self, answer: _Answer) -> tuple[list[Action], list[str]]:
        """The calls that can be run, and what is wrong with the others."""
        calls = joined(answer.fragments) or written(answer_of(answer.text))
        if not calls:
            return [], ["no tool was called"]
        actions: list[Action] = []
        faults: list[str] = []
        for call in calls:
            try:
                actions.append(checked_names(action_of(call.name, call.arguments), self._catalog))
            except BadPlan as error:
                faults.append(str(error))
        return actions, faults

    def _client(self) -> ChatOpenAI:
        """The client of the running loop: connections belong to the loop that opened them."""
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = _client_of(self._server)
        return self._clients[loop]


def server_of(settings: Settings) -> Server:
    """The server that the settings name; ModelMisconfigured if they do not say which model of it."""
    if not settings.llm_model:
        raise ModelMisconfigured(f"no model of {settings.llm_url!r} is named; set SOMMELIER_LLM_MODEL")
    s = settings
    return Server(s.llm_url, s.llm_model, s.llm_key, s.llm_timeout_s, s.llm_reply_s, s.llm_prompts)


def check(server: Server) -> None:
    """Ask a server for its models: ModelMisconfigured for a wrong key or name, ModelDown if it does not answer."""
    key = server.key.get_secret_value() or "none"
    try:
        with openai.OpenAI(base_url=server.url, api_key=key, timeout=5.0, max_retries=0) as client:
            served = [model.id for model in client.models.list()]
    except openai.NotFoundError:
        log.info("%s does not list its models; the name %r is not checked", server.url, server.model)
        return
    except FAILURES as error:
        raise failure(error, server.url, server.model, 5.0) from error
    if server.model not in served:
        raise failure(LookupError(", ".join(served[:8]) or "none"), server.url, server.model, 5.0)


def _client_of(server: Server) -> ChatOpenAI:
    return ChatOpenAI(
        model=server.model,
        base_url=server.url,
        api_key=SecretStr(server.key.get_secret_value() or "none"),
        timeout=server.timeout_s,
        stream_chunk_timeout=server.timeout_s,
        http_async_client=openai.DefaultAsyncHttpxClient(timeout=server.timeout_s),
        max_retries=0,
        stream_usage=True,
        temperature=0.0,
        use_responses_api=False,
    )


async def _closed(chunks: AsyncIterator[BaseMessage]) -> AsyncGenerator[BaseMessage, None]:
    """The chunks; however reading them ends, the connection is let go."""
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


def _piece(chunk: BaseMessage) -> _Answer:
    pieces = getattr(chunk, "tool_call_chunks", [])
    fragments = tuple(Fragment(p.get("index"), p.get("name") or "", p.get("args") or "") for p in pieces)
    spent = getattr(chunk, "usage_metadata", None) or {}
    usage = Usage(spent.get("input_tokens", 0), spent.get("output_tokens", 0), 1)
    return _Answer(chunk.text, fragments, usage, chunk.response_metadata.get("finish_reason") or "")


def _messages(prompts: Sequence[Prompt]) -> list[BaseMessage]:
    return [SystemMessage(p.text) if p.role == "system" else HumanMessage(p.text) for p in prompts]


def _said(answer: _Answer) -> str:
    """What the model said before, for it to correct: as text, which every server takes."""
    calls: Sequence[Called] = joined(answer.fragments)
    return answer.text or "\n".join(f"{c.name}({c.arguments!r:.400})" for c in calls) or "(nothing)"
