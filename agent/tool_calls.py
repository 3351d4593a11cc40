"""Tool calls as servers send them: whole, in fragments, or written into the text by a model or parser that failed.
Pure."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_TAGGED = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|$)", re.DOTALL)
_FENCED = re.compile(r"```(?:json|tool_call)?\s*(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a streamed call. Servers number the calls, some do not; the name comes once, arguments in pieces."""

    index: int | None
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Called:
    """A call as a model wrote it: nothing is checked yet. `arguments` is a JSON value, or the text that is not JSON."""

    name: str
    arguments: object


def joined(fragments: Iterable[Fragment]) -> tuple[Called, ...]:
    """Put the pieces together: by their number, and where there is none, behind the piece before."""
    calls: list[tuple[int | None, str, list[str]]] = []
    for piece in fragments:
        same = next((n for n, c in enumerate(calls) if piece.index is not None and c[0] == piece.index), None)
        if same is None and calls and not piece.name:
            same = len(calls) - 1
        if same is None:
            calls.append((piece.index, piece.name, [piece.arguments]))
        else:
            index, name, parts = calls[same]
            calls[same] = (index, name or piece.name, [*parts, piece.arguments])
    return tuple(Called(name, _value("".join(parts))) for _, name, parts in calls if name or any(parts))


def written(text: str) -> tuple[Called, ...]:
    """Read calls out of text: '<tool_call>{…}</tool_call>', a fenced block, or the text as JSON; () if there are
    none."""
    blocks = _TAGGED.findall(text) or _FENCED.findall(text) or [text]
    return tuple(call for block in blocks for call in _calls(_values(block)))


def _values(text: str) -> list[object]:
    """The JSON values that a text begins with, one after the other."""
    decoder, found, rest = json.JSONDecoder(), [], text.strip()
    while rest.startswith(("{", "[")):
        try:
            value, end = decoder.raw_decode(rest)
        except ValueError:
            break
        found.append(value)
        rest = rest[end:].strip(" \t\r\n,;")
    return found


def _calls(values: Sequence[object]) -> Iterable[Called]:
    for value in values:
        if isinstance(value, list):
            yield from _calls(value)
        elif isinstance(value, Mapping):
            yield from _call(value)


def _call(value: Mapping[str, object]) -> Iterable[Called]:
    for several in ("tool_calls", "actions"):
        if isinstance(listed := value.get(several), list):
            yield from _calls(listed)
            return
    inner = value.get("function")
    named = inner if isinstance(inner, Mapping) else value
    name = named.get("name", named.get("tool"))
    if not isinstance(name, str):
        return
    given = named.get("arguments", named.get("parameters"))
    rest = {k: v for k, v in named.items() if k not in ("tool", "name")}
    yield Called(name, _value(given) if isinstance(given, str) else rest if given is None else given)


def _value(text: str) -> object:
    """Arguments as JSON; no arguments at all are an empty object; text that is not JSON stays text."""
    if not text.strip():
        return {}
    try:
        return json.loads(text)
    except ValueError:
        return text
