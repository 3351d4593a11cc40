"""The requests of the OpenAI-compatible API, and what can be read of them. Fields not named here are ignored."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from agent.types import Message, TurnRequest
from ui.http_errors import ApiError
from ui.views import owner

SessionId: TypeAlias = Annotated[str, StringConstraints(max_length=128)]
UserId: TypeAlias = Annotated[str, StringConstraints(max_length=200)]

_UNSUPPORTED = ("tools", "tool_choice", "functions", "function_call", "logprobs", "top_logprobs", "audio", "prediction")
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
    """One part of a message; only text is read."""

    type: str
    text: str = ""


class ChatMessage(BaseModel):
    """One message. Those of the system and of the developer are accepted and not read: prompts are the server's."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | tuple[ContentPart, ...] | None = None


class StreamOptions(BaseModel):
    """What a stream carries besides its pieces."""

    include_usage: bool = False


class ChatRequest(Body):
    """POST /v1/chat/completions."""

    model_config = ConfigDict(extra="allow", frozen=True)

    model: str
    messages: tuple[ChatMessage, ...] = Field(min_length=1)
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: int | None = None
    user: UserId | None = None
    metadata: Mapping[str, str] | None = None
    response_format: Mapping[str, object] | None = None
    modalities: tuple[str, ...] | None = None

    @property
    def include_usage(self) -> bool:
        """Whether the stream ends with a chunk of usage."""
        return self.stream_options is not None and self.stream_options.include_usage


def turn_request(body: ChatRequest, header: str | None, max_chars: int) -> TurnRequest:
    """Read one turn: with a session id the server's state counts and only the last message is read; without one the
    dialogue in `messages` is the state. ApiError (400) for what cannot be served."""
    _check_supported(body)
    texts = _texts(body.messages, max_chars)
    if not texts or texts[-1].role != "user" or body.messages[-1].role != "user":
        role = body.messages[-1].role
        raise ApiError(400, f"the last message is of role {role!r}; end with one of role 'user'", "messages")
    user, text = body.user or "", texts[-1].text
    session = session_of(body, header)
    if session:
        return TurnRequest(text=text, user=owner(user, session), session=session)
    return TurnRequest(text=text, user=user, history=tuple(texts[:-1]))


def session_of(body: ChatRequest, header: str | None) -> str:
    """The session id: the X-Session-Id header, else metadata.session_id, else metadata.session, else ''."""
    metadata = body.metadata or {}
    session = header or metadata.get("session_id") or metadata.get("session") or ""
    if len(session) > 128 or not session.isprintable():
        raise ApiError(
            400, f"session id {session[:40]!r} is not usable; use up to 128 printable characters", "metadata"
        )
    return session


def _check_supported(body: ChatRequest) -> None:
    if body.n not in (None, 1):
        raise ApiError(400, f"n = {body.n!r} is not supported; leave it out", "n", "unsupported_parameter")
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
