"""The requests of the OpenAI-compatible API, and what can be read of them.

A parameter of OpenAI's falls into one of three kinds: it is served; it asks for something that is not there and is
refused by name (400); or it only tunes how a text is drawn (temperature, seed, store …) and is ignored.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal, TypeAlias, TypedDict

from fastapi import Header
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from agent.types import Message, TurnRequest
from ui.http_errors import ApiError
from ui.views import owner

SessionId: TypeAlias = Annotated[str, StringConstraints(max_length=128)]
SessionHeader: TypeAlias = Annotated[
    str | None, Header(description="The conversation to go on with; before `session_id` in `metadata`.")
]
UserId: TypeAlias = Annotated[str, StringConstraints(max_length=200)]

_UNSUPPORTED = (
    "tools",
    "tool_choice",
    "functions",
    "function_call",
    "logprobs",
    "top_logprobs",
    "audio",
    "prediction",
    "web_search_options",
)
_HARMLESS: tuple[object, ...] = (None, False, 0, "none", "auto", [])
_TEXT_PARTS = ("text", "input_text")


class Body(BaseModel):
    """The body of a request: JSON whose text is text."""

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        try:
            if isinstance(value, dict):
                json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError("the text holds half a character (a lone surrogate)") from error
        return value


class ContentPart(BaseModel):
    """One part of a message; only text is read, any other type is refused."""

    type: str = Field(examples=["text"])
    text: str = ""


class ChatMessage(BaseModel):
    """One message. Those of the system and of the developer are accepted and not read: prompts are the server's. Those
    of tools are refused."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | tuple[ContentPart, ...] | None = None


class StreamOptions(BaseModel):
    """What a stream carries besides its pieces."""

    include_usage: bool | None = False


class ChatRequest(Body):
    """POST /v1/chat/completions. Further parameters of OpenAI's API are refused by name when they ask for something
    that is not there (tools, logprobs, audio …), and ignored when they only tune how a text is drawn."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        json_schema_extra={
            "example": {
                "model": "sommelier-movies",
                "messages": [{"role": "user", "content": "something like Heat, but funny"}],
                "user": "ann",
                "metadata": {"session_id": "monday", "diversity": "0.5", "count": "3"},
            }
        },
    )

    model: str = Field(description="One of GET /v1/models.")
    messages: tuple[ChatMessage, ...] = Field(min_length=1, description="The last one is of role 'user'.")
    stream: bool | None = False
    stream_options: StreamOptions | None = Field(None, description="Only with stream.")
    n: int | None = Field(None, description="1, or left out.")
    user: UserId | None = Field(None, description="Whose profile is read and kept.")
    metadata: Mapping[str, str] | None = Field(
        None, description="`session_id` (or `session`), `diversity`, `count` and `language` are read."
    )
    max_tokens: int | None = Field(None, ge=1, description="The reply ends after so many words.")
    max_completion_tokens: int | None = Field(None, ge=1, description="The same, by its newer name.")
    stop: str | Annotated[tuple[str, ...], Field(max_length=4)] | None = Field(
        None, description="The reply ends before the first of these."
    )
    response_format: Mapping[str, object] | None = Field(None, description="Type 'text' only.")
    modalities: tuple[str, ...] | None = Field(None, description="'text' only.")
    diversity: float | None = Field(None, ge=0, le=1, description="0 most relevant, 1 most varied.")
    count: int | None = Field(None, ge=1, le=50, description="Items of a list, unless the message names a number.")
    language: str | None = Field(None, max_length=20, description="Of the reply; that of the message if left out.")

    @property
    def include_usage(self) -> bool:
        """Whether the stream ends with a chunk of usage."""
        return self.stream_options is not None and bool(self.stream_options.include_usage)

    @property
    def limit(self) -> int | None:
        """After how many tokens the reply ends."""
        return self.max_completion_tokens if self.max_tokens is None else self.max_tokens

    @property
    def stops(self) -> tuple[str, ...]:
        """Before which words the reply ends."""
        return (self.stop,) if isinstance(self.stop, str) else self.stop or ()


def turn_request(body: ChatRequest, header: str | None, max_chars: int) -> TurnRequest:
    """Read one turn: with a session id the server's state counts and only the last message is read; without one the
    dialogue in `messages` is the state. ApiError (400) for what cannot be served."""
    _check_supported(body)
    texts = _texts(body.messages, max_chars)
    if not texts or texts[-1].role != "user" or body.messages[-1].role != "user":
        role = body.messages[-1].role
        raise ApiError(400, f"the last message is of role {role!r}; end with one of role 'user'", "messages")
    session, user = session_of(body, header), body.user or ""
    asked = TurnRequest(
        text=texts[-1].text, user=owner(user, session) if session else user, session=session, **_wanted(body)
    )
    return asked if session else replace(asked, history=tuple(texts[:-1]))


def session_of(body: ChatRequest, header: str | None) -> str:
    """The session id: the X-Session-Id header, else metadata.session_id, else metadata.session, else ''."""
    metadata = body.metadata or {}
    session = header or metadata.get("session_id") or metadata.get("session") or ""
    if len(session) > 128 or not session.isprintable():
        raise ApiError(
            400, f"session id {session[:40]!r} is not usable; use up to 128 printable characters", "metadata"
        )
    return session


class _Wanted(TypedDict, total=False):
    diversity: float
    count: int
    language: str


def _wanted(body: ChatRequest) -> _Wanted:
    """How the list is wanted: fields of the body, or of `metadata`, where all values are text."""
    metadata = body.metadata or {}
    wanted: _Wanted = {}
    if (diversity := body.diversity if body.diversity is not None else _number(metadata, "diversity")) is not None:
        wanted["diversity"] = diversity
    if (count := body.count if body.count is not None else _number(metadata, "count")) is not None:
        wanted["count"] = _whole(count)
    if language := body.language or metadata.get("language", ""):
        wanted["language"] = language
    return wanted


def _number(metadata: Mapping[str, str], name: str) -> float | None:
    text = metadata.get(name, "")
    try:
        return float(text) if text else None
    except ValueError as error:
        raise ApiError(400, f"metadata.{name} {text[:40]!r} is no number; correct it", f"metadata.{name}") from error


def _whole(count: float) -> int:
    if not float(count).is_integer():
        raise ApiError(400, f"count {count!r} is no whole number; ask for 1 to 50 items", "metadata.count")
    return int(count)


def _check_supported(body: ChatRequest) -> None:
    if body.n not in (None, 1):
        raise ApiError(400, f"n = {str(body.n)[:40]} is not supported; leave it out", "n", "unsupported_parameter")
    if body.stream_options is not None and not body.stream:
        raise ApiError(400, "stream_options goes with stream; set 'stream': true", "stream_options")
    if body.max_tokens is not None and body.max_completion_tokens is not None:
        raise ApiError(400, "both max_tokens and max_completion_tokens are given; give one", "max_tokens")
    extra = body.model_extra or {}
    for name in _UNSUPPORTED:
        if extra.get(name) not in _HARMLESS:
            raise ApiError(400, f"{name!r} is not supported; leave it out", name, "unsupported_parameter")
    kind = (body.response_format or {}).get("type", "text")
    if kind != "text":
        message = f"response_format {kind!r} is not supported; leave it out, the results are in 'recommendations'"
        raise ApiError(400, message, "response_format", "unsupported_parameter")
    if any(modality != "text" for modality in body.modalities or ()):
        raise ApiError(400, f"modalities {body.modalities!r}: only 'text'", "modalities", "unsupported_parameter")


def _texts(messages: Sequence[ChatMessage], max_chars: int) -> list[Message]:
    texts: list[Message] = []
    for place, message in enumerate(messages):
        if message.role in ("tool", "function"):
            raise ApiError(
                400,
                f"messages[{place}] is of role {message.role!r}, which is not supported; leave it out",
                f"messages[{place}].role",
                "unsupported_parameter",
            )
        text = _text(message, place)
        if message.role not in ("user", "assistant"):
            continue
        if len(text) > max_chars:
            refusal = f"messages[{place}] has {len(text)} characters, the limit is {max_chars}; send a shorter one"
            raise ApiError(400, refusal, f"messages[{place}].content", "message_too_long")
        texts.append(Message(message.role, text))
    return texts


def _text(message: ChatMessage, place: int) -> str:
    if isinstance(message.content, str) or message.content is None:
        return message.content or ""
    for number, part in enumerate(message.content):
        if part.type not in _TEXT_PARTS:
            where = f"messages[{place}].content[{number}]"
            raise ApiError(
                400, f"{where} is of type {part.type!r}; only 'text' is read", f"{where}.type", "unsupported_content"
            )
    return "\n".join(part.text for part in message.content)
