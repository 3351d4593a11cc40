"""Variants of a training pair: the message as another person would type it, and the plan that still fits it.

Every change is drawn from a seed. A string of the plan that was copied from the message (a title, free words) follows
the message; the spelling of a catalogue's values stays as the catalogue has it.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from agent.prompts import data
from finetune.rows import Row, RowMessage

_COPIED = frozenset(
    {"likes", "dislikes", "wants", "avoids", "titles", "item", "items", "what", "query", "twist", "person"}
)
_NAMING = frozenset({"likes", "dislikes", "titles", "item", "items"})
_SENTENCE = re.compile(r"[^.!?。！？]+[.!?。！？]*")
_STOPS = ".!?。！？"
_BOTH = 2
_MESSAGE = re.compile(r"^message: (?P<text>.*)\Z", re.MULTILINE | re.DOTALL)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NEXT = {"a": "s", "e": "r", "i": "o", "o": "p", "t": "y", "n": "m", "s": "d", "r": "t", "l": "k", "c": "v", "u": "y"}
_MARKS = re.compile(r"[,;:!?。，！？；…]+|\.(?=\s|$)|['’](?=[a-z])")
_LEAST = 5
"""Letters of a word that may be misspelt."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What a person wrote, and the text of the plan for it."""

    message: str
    completion: str


Change: TypeAlias = Callable[[Pair, Random], Pair]


def lowercased(pair: Pair, _rng: Random) -> Pair:
    """All small letters."""
    return _renamed(pair, str.lower)


def shouted(pair: Pair, _rng: Random) -> Pair:
    """All capitals."""
    return _renamed(pair, str.upper)


def unpunctuated(pair: Pair, _rng: Random) -> Pair:
    """Without signs, but those inside what the plan copied."""
    kept = sorted(copied(pair), key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, kept))})", pair.message) if kept else [pair.message]
    bare = "".join(part if part in kept else _MARKS.sub("", part) for part in parts)
    return Pair(" ".join(bare.split()), pair.completion) if bare.strip() else pair


def misspelt(pair: Pair, rng: Random) -> Pair:
    """One slip of the fingers, in a word that the plan does not copy."""
    held = [span for said in copied(pair) for span in _places(said, pair.message)]
    words = [
        m.span()
        for m in re.finditer(rf"\b[A-Za-z]{{{_LEAST},}}\b", pair.message)
        if not any(a < m.end() and m.start() < b for a, b in held)
    ]
    if not words:
        return pair
    start, end = rng.choice(words)
    return Pair(pair.message[:start] + slip(pair.message[start:end], rng) + pair.message[end:], pair.completion)


def slip(word: str, rng: Random) -> str:
    """A word as hasty fingers type it: letters swapped, doubled, left out, or the key beside."""
    place = rng.randrange(1, len(word) - 1)
    match rng.randrange(4):
        case 0:
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        case 1:
            return word[:place] + word[place] + word[place:]
        case 2:
            return word[:place] + word[place + 1 :]
        case _:
            beside = _NEXT.get(word[place].lower()) or rng.choice(_LETTERS)
            return word[:place] + beside + word[place + 1 :]


def chatty(openings: Sequence[str], closings: Sequence[str]) -> Change:
    """Words around the message that ask for nothing."""

    def change(pair: Pair, rng: Random) -> Pair:
        before, after = rng.choice([*openings, ""]), rng.choice([*closings, ""])
        return Pair(f"{before}{pair.message}{after}", pair.completion) if pair.message.strip() else pair

    return change


def distracted(sentences: Sequence[str]) -> Change:
    """A sentence before the message that has nothing to do with it."""

    def change(pair: Pair, rng: Random) -> Pair:
        return Pair(rng.choice(sentences) + pair.message, pair.completion) if pair.message.strip() else pair

    return change


def swapped(pair: Pair, names: Mapping[str, str]) -> Pair:
    """Other names for those that the plan copied, in message and plan alike."""
    found = {old: new for old, new in names.items() if old in copied(pair) and pair.message.count(old) == 1}
    message, plan = pair.message, json.loads(pair.completion)
    for old, new in found.items():
        message = message.replace(old, new)
    return Pair(message, _written(_mapped(plan, lambda said: found.get(said, said))))


def recombined(pair: Pair, _rng: Random) -> Pair:
    """Its two sentences the other way round, when it has two and the calls are for both; what was said stays said."""
    sentences = [s for s in _SENTENCE.findall(pair.message) if s.strip()]
    if len(sentences) != _BOTH or len(json.loads(pair.completion)) < _BOTH:
        return pair
    first, second = (s.strip() for s in sentences)
    gap = " " if first.isascii() else ""
    return Pair(f"{second if second[-1] in _STOPS else second + '.'}{gap}{first}", pair.completion)


def augmented(row: Row, changes: Sequence[Change], seed: int | str) -> Row:
    """A row with its message changed; the same row when there is no message to change."""
    match = _MESSAGE.search(row.messages[-1].content)
    if match is None or row.call != "plan":
        return row
    rng = Random(f"{seed}:{row.id}")
    pair = Pair(match["text"], row.completion)
    for change in changes:
        pair = change(pair, rng)
    return _renewed(row, row.messages[-1].content[: match.start("text")] + pair.message, seed, pair.completion)


def with_turns_before(row: Row, said: str, told: str, seed: int | str) -> Row:
    """A row with an exchange before it that has nothing to do with it; the same row when something was said before."""
    state = row.messages[-1].content
    if row.call != "plan" or re.search(r"^(?:before|shown|last|offered): ", state, re.MULTILINE):
        return row
    return _renewed(row, f"before: user: {data(said)} / assistant: {data(told)}\n{state}", seed, row.completion)


def _renewed(row: Row, said: str, seed: int | str, completion: str) -> Row:
    messages = (*row.messages[:-1], RowMessage(role="user", content=said))
    return row.model_copy(update={"id": f"{row.id}~{seed}", "messages": messages, "completion": completion})


def names_in(said: Pair | Row) -> frozenset[str]:
    """The items that a plan names as the message does, and free words in their place."""
    if isinstance(said, Row):
        match = _MESSAGE.search(said.messages[-1].content)
        said = Pair(match["text"] if match else "", said.completion)
    found: set[str] = set()
    for call in json.loads(said.completion):
        for key, value in call["parameters"].items():
            if key in _NAMING:
                found.update(value if isinstance(value, list) else [value])
    return frozenset(name for name in found if name in said.message and ": " not in name and name[:1] != "[")


def copied(pair: Pair) -> frozenset[str]:
    """The strings of the plan that stand in the message."""
    found: set[str] = set()

    def keep(said: str) -> str:
        if said and said in pair.message:
            found.add(said)
        return said

    _mapped(json.loads(pair.completion), keep)
    return frozenset(found)


def _renamed(pair: Pair, form: Callable[[str], str]) -> Pair:
    plan = _mapped(json.loads(pair.completion), lambda said: form(said) if said in pair.message else said)
    return Pair(form(pair.message), _written(plan))


def _written(plan: object) -> str:
    return json.dumps(plan, ensure_ascii=False, separators=(",", ":"))


def _mapped(node: object, form: Callable[[str], str], key: str = "") -> object:
    """A plan with its copied strings passed through a function."""
    if isinstance(node, dict):
        return {k: _mapped(v, form, k) for k, v in node.items()}
    if isinstance(node, list):
        return [_mapped(part, form, key) for part in node]
    if isinstance(node, str) and key in _COPIED and not node.startswith("["):
        return form(node)
    return node


def _places(said: str, message: str) -> list[tuple[int, int]]:
    return [m.span() for m in re.finditer(re.escape(said), message)]
