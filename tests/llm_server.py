"""A server that speaks the OpenAI protocol over HTTP and does, request by request, what a test wrote down."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.servers import running

MODEL = "tiny"
KEY = "sk-secret-1234567890"

Json = Mapping[str, object]
Behaviour = Callable[[Json], Response]
Said = Callable[[Json], str]


@dataclass
class FakeServer:
    """What it does to plan calls and to reply calls, one after the other, the last one for ever; and what it got."""

    plans: list[Behaviour] = field(default_factory=list)
    replies: list[Behaviour] = field(default_factory=list)
    models: Sequence[str] = (MODEL,)
    lists_models: int = 200
    key: str = ""
    asked: list[Json] = field(default_factory=list)

    def bodies(self, *, plans: bool) -> list[Json]:
        """The requests of one kind."""
        return [body for body in self.asked if ("tools" in body) == plans]

    async def completions(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        body = await request.json()
        self.asked.append(body)
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return _refused(f"Incorrect API key provided: {request.headers.get('authorization')}")
        if body["model"] not in self.models:
            return JSONResponse({"error": {"message": f"no model {body['model']}", "type": "NotFound"}}, 404)
        script = self.plans if "tools" in body else self.replies
        done = len(self.bodies(plans="tools" in body)) - 1
        return script[min(done, len(script) - 1)](body)

    async def listed(self, request: Request) -> Response:
        """GET /v1/models."""
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return _refused(f"Incorrect API key provided: {request.headers.get('authorization')}")
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "test"} for name in self.models]
        return JSONResponse({"object": "list", "data": models}, self.lists_models)

    @property
    def app(self) -> Starlette:
        """As a web application."""
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self.completions, methods=["POST"]),
                Route("/v1/models", self.listed),
            ]
        )


@contextmanager
def serving(server: FakeServer) -> Iterator[str]:
    """Serve it; yields the address for SOMMELIER_LLM_URL."""
    with running(server.app) as url:
        yield f"{url}/v1"


def calls(*called: tuple[str, object], piece: int = 7, numbered: bool = True, usage: bool = True) -> Behaviour:
    """Tool calls, their arguments in fragments of a few characters; arguments may be text that is not JSON."""
    deltas: list[Json] = []
    for index, (name, arguments) in enumerate(called):
        text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
        at = {"index": index} if numbered else {}
        first = {**at, "id": f"c{index}", "type": "function", "function": {"name": name, "arguments": ""}}
        parts = [text[n : n + piece] for n in range(0, len(text), piece)]
        pieces = [first, *({**at, "function": {"arguments": part}} for part in parts)]
        deltas += [{"tool_calls": [one]} for one in pieces]
    return lambda _: _stream(deltas, finish="tool_calls", usage=usage)


def says(text: str | Said, *, piece: int = 5, usage: bool = True, finish: str = "stop") -> Behaviour:
    """Text, a few characters at a time."""
    return lambda body: _stream(_pieces(_text(text, body), piece), finish, usage=usage)


def cut(text: str | Said) -> Behaviour:
    """A stream that ends in the middle, and the connection with it."""
    return lambda body: _stream(_pieces(_text(text, body), 5), finish="", breaks=True)


def silent_after(text: str | Said, seconds: float = 30.0) -> Behaviour:
    """Text, and then nothing for long."""

    def behave(body: Json) -> Response:
        pieces = _pieces(_text(text, body), 5)
        return _stream([*pieces, {}], finish="stop", pauses={len(pieces) + 1: seconds})

    return behave


def slowly(text: str, pause: float = 0.02) -> Behaviour:
    """Text that comes slowly but surely."""
    pieces = _pieces(text, 5)
    return lambda _: _stream(pieces, finish="stop", pauses=dict.fromkeys(range(len(pieces)), pause), usage=True)


def fails(status: int, **headers: str) -> Behaviour:
    """An error of the server."""
    error = {"error": {"message": "out of order", "type": "server_error"}}
    return lambda _: JSONResponse(error, status, {k.replace("_", "-"): v for k, v in headers.items()})


def no_choices() -> Behaviour:
    """An answer without any choice."""
    return lambda _: StreamingResponse(_lines([_chunk([])]), media_type="text/event-stream")


def garbage() -> Behaviour:
    """What is no protocol at all."""
    return lambda _: Response("data: {not json\n\ndata: <html>\n\n", media_type="text/event-stream")


def _refused(message: str) -> Response:
    return JSONResponse({"error": {"message": message, "type": "invalid_request_error"}}, 401)


def _text(text: str | Said, body: Json) -> str:
    return text if isinstance(text, str) else text(body)


def _pieces(text: str, size: int) -> list[Json]:
    return [{"content": text[n : n + size]} for n in range(0, len(text), size)]


def _stream(
    deltas: Sequence[Json],
    finish: str,
    *,
    usage: bool = False,
    breaks: bool = False,
    pauses: Mapping[int, float] | None = None,
) -> Response:
    async def lines() -> AsyncGenerator[str, None]:
        for number, delta in enumerate([{"role": "assistant", "content": ""}, *deltas]):
            await asyncio.sleep((pauses or {}).get(number, 0))
            yield _line(_chunk([{"index": 0, "delta": delta, "finish_reason": None}]))
        if breaks:
            raise ConnectionResetError("the test cuts the stream here")
        yield _line(_chunk([{"index": 0, "delta": {}, "finish_reason": finish}]))
        if usage:
            spent = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
            yield _line({**_chunk([]), "usage": spent})
        yield "data: [DONE]\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream")


async def _lines(chunks: Sequence[Json]) -> AsyncGenerator[str, None]:
    for chunk in chunks:
        yield _line(chunk)
    yield "data: [DONE]\n\n"


def _chunk(choices: Sequence[object]) -> Json:
    return {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": MODEL, "choices": list(choices)}


def _line(chunk: Json) -> str:
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"
