"""POST /v1/chat/completions: the events of a turn as one completion, or as server-sent chunks."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar

import anyio
from fastapi import Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from agent.types import Done, Event, Failed, Recommended, TextDelta, TurnRequest
from retrieval.catalog import Catalog
from ui.cut import Cut, tokens
from ui.http_errors import ApiError, crash, error_view, failure
from ui.json_values import Json
from ui.metrics import Metrics
from ui.openai_types import ChatRequest, turn_request
from ui.served import Served
from ui.views import cards_view, extras_view

_T = TypeVar("_T")
_LAST = "data: [DONE]\n\n"


@dataclass(slots=True)
class Completion:
    """One completion: what stays the same over its chunks, and where its text ends."""

    model: str
    asked: TurnRequest
    catalog: Catalog
    cut: Cut
    include_usage: bool = False
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, done: Done) -> Json:
        """The completion in one piece."""
        text = self.cut.feed(done.reply) + self.cut.rest()
        message: Json = {"role": "assistant", "content": text, "refusal": None}
        choice: Json = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.cut.reason}
        return {**self._head("chat.completion", choice), "usage": self.usage(done), **extras_view(done, self.catalog)}

    def chunk(self, delta: Mapping[str, object], finish: str | None = None) -> Json:
        """One piece of it."""
        choice: Json = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": finish}
        # As OpenAI has it: null in every piece but the one after the last.
        return {**self._head("chat.completion.chunk", choice), **({"usage": None} if self.include_usage else {})}

    def opening(self, found: Recommended | None) -> Json:
        """The first piece: the role, and the items, which come before any word about them."""
        extras = cards_view(found.cards, self.catalog) if found else {}
        return {**self.chunk({"role": "assistant", "content": ""}), **extras}

    def ending(self, done: Done) -> Json:
        """The last piece with a choice: why the text ends, and all that stands beside it."""
        return {**self.chunk({}, self.cut.reason), **extras_view(done, self.catalog)}

    def usage_chunk(self, done: Done) -> Json:
        """The piece after the last, when usage is asked for."""
        return {**self._head("chat.completion.chunk"), "usage": self.usage(done)}

    def usage(self, done: Done) -> Json:
        """Tokens that the language models of the turn read and wrote.

        Where none was called, those of the messages and of the reply as `ui.cut` counts them: the dialogue as far as
        the request carried it, not what the server remembers.
        """
        if done.usage.prompt:
            return _usage(done.usage.prompt, done.usage.completion)
        read = sum(tokens(text) for text in (self.asked.text, *(m.text for m in self.asked.history or ())))
        return _usage(read, tokens(self.cut.text))

    def _head(self, kind: str, *choices: object) -> Json:
        head: Json = {"id": self.id, "object": kind, "created": self.created, "model": self.model}
        return {**head, "choices": list(choices)}


def _usage(read: int, written: int) -> Json:
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


async def complete(request: Request, body: ChatRequest, session: str | None, served: Served) -> Response:
    """Answer one request; ApiError for what fails before the first word."""
    name = served.named(body.model)
    asked = turn_request(body, session, served.max_chars)
    catalog = served.assistants[name].index.catalog
    completion = Completion(body.model, asked, catalog, Cut(body.limit, body.stops), body.include_usage)
    events = served.turn(name, asked)
    if not body.stream:
        done = await _unless_gone(request, _end(events))
        return JSONResponse(completion.whole(done))
    try:
        first = await _unless_gone(request, _opening(events))
    except BaseException:
        await events.aclose()
        raise
    return _ClosingStream(_lines(_chunks(completion, first, events)), events, served.metrics)


async def _end(events: AsyncGenerator[Event, None]) -> Done:
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Done):
                return event
            if isinstance(event, Failed):
                raise failure(event)
    raise crash()


async def _opening(events: AsyncGenerator[Event, None]) -> Event:
    """Run a turn up to its items or its first word: until then a failure still has a status of its own."""
    async for event in events:
        if isinstance(event, Failed):
            raise failure(event)
        if isinstance(event, Recommended | TextDelta | Done):
            return event
    raise crash()


async def _chunks(
    completion: Completion, first: Event, events: AsyncGenerator[Event, None]
) -> AsyncGenerator[Json, None]:
    yield completion.opening(first if isinstance(first, Recommended) else None)
    async for event in _with(first, events):
        match event:
            case TextDelta():
                if piece := completion.cut.feed(event.text):
                    yield completion.chunk({"content": piece})
            case Done():
                if rest := completion.cut.rest():
                    yield completion.chunk({"content": rest})
                yield completion.ending(event)
                if completion.include_usage:
                    yield completion.usage_chunk(event)
            case Failed():
                yield error_view(failure(event))


async def _with(first: Event, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    yield first
    async for event in events:
        yield event


async def _lines(chunks: AsyncGenerator[Json, None]) -> AsyncGenerator[str, None]:
    async with aclosing(chunks):
        async for chunk in chunks:
            yield _line(chunk)
    yield _LAST


def _line(chunk: Json) -> str:
    return f"data: {json.dumps(chunk, ensure_ascii=False, allow_nan=False)}\n\n"


async def _unless_gone(request: Request, work: Awaitable[_T]) -> _T:
    """Wait for work, and stop it when the client goes away."""
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ApiError(499, "the client went away", code="client_gone")
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class _ClosingStream(StreamingResponse):
    """Server-sent events; however the sending ends, the turn behind them is closed."""

    def __init__(self, lines: AsyncGenerator[str, None], events: AsyncGenerator[Event, None], metrics: Metrics) -> None:
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(lines, headers=headers, media_type="text/event-stream")
        self._open = (lines, events)
        self._metrics = metrics

    async def stream_response(self, send: Send) -> None:
        """Send all of it; after a bug, say so and end the stream as it should, so that the client can read it."""
        try:
            await super().stream_response(send)
        except OSError:
            raise
        except Exception:
            error = crash()
            self._metrics.failed(error.code)
            ending = (_line(error_view(error)) + _LAST).encode()
            await send({"type": "http.response.body", "body": ending, "more_body": False})
            raise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                for stream in self._open:
                    await stream.aclose()
