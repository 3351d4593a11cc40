"""Sentences in a language, from a data file: several ways to say a thing, chosen by a hash and never at random."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from pathlib import Path
from string import Formatter
from zlib import crc32

from pydantic import TypeAdapter, ValidationError

from agent.errors import AgentError
from agent.languages import DEFAULT, Typing, words_of


@dataclass(frozen=True, slots=True)
class Phrases:
    """The sentences of one file by key. A sentence holds slots: 'Also {phrase} {values}, like {title}'."""

    name: str
    variants: Mapping[str, tuple[str, ...]]
    typing: Typing

    def ways(self, key: str, seed: str, **slots: object) -> tuple[str, ...]:
        """Return every way to say it, the chosen one first; KeyError for a key or a slot that there is not."""
        known = self.variants[key]
        first = crc32(f"{key}|{seed}".encode()) % len(known)
        return tuple(self._filled(way, slots) for way in (*known[first:], *known[:first]))

    def say(self, key: str, seed: str = "", **slots: object) -> str:
        """Say it in the way that `seed` chooses; the same seed, the same words."""
        return self.ways(key, seed, **slots)[0]

    def part(self, key: str, **slots: object) -> str:
        """A piece of a sentence: the first way to say it, as it is written."""
        return self._filled(self.variants[key][0], slots)

    def listed(self, parts: Sequence[str], key: str = "and") -> str:
        """Join parts as a list: 'a, b and c', or with 'or'."""
        if len(parts) < 2:
            return "".join(parts)
        return self.part(key, first=self.typing.comma.join(parts[:-1]), last=parts[-1])

    def opening(self, text: str) -> tuple[str, ...]:
        """The first three words of a text, or its first three signs where words are not set apart."""
        return tuple(re.findall(rf"{self.typing.unspaced}|\S+", text.casefold())[:3])

    def joined(self, *pieces: str) -> str:
        """Pieces of a sentence one after the other, without the space between signs that need none."""
        return reduce(self._joined, pieces, "")

    def _filled(self, way: str, slots: Mapping[str, object]) -> str:
        return self.joined(*_pieces(way, slots))

    def _joined(self, left: str, right: str) -> str:
        """Leave out the space around a slot between two signs that are written without one; say 'an item'."""
        for end, start, instead in self.typing.elisions:
            if re.match(start, right):
                left = re.sub(end, instead, left)
        bare, rest = left.rstrip(" "), right.lstrip(" ")
        spaced = (bare, rest) != (left, right)
        if spaced and self._unspaced(bare[-1:]) and self._unspaced(rest[:1]):
            return bare + rest
        return left + right

    def _unspaced(self, sign: str) -> bool:
        return bool(re.fullmatch(self.typing.unspaced, sign))


def _pieces(way: str, slots: Mapping[str, object]) -> Iterator[str]:
    for literal, slot, _, _ in Formatter().parse(way):
        yield literal
        if slot is not None:
            yield str(slots[slot])


@cache
def load_phrases(path: Path) -> Phrases:
    """Read `<name>.<code>.toml`; AgentError if there is none. What it lacks is said in the default language."""
    name, code = path.name.split(".")[:2]
    lists = _read(path)
    if empty := [key for key, ways in lists.items() if not ways]:
        raise AgentError(f"{path.name!r} cannot be used: {empty[0]!r} has no sentence; write at least one")
    default = _read(path.with_name(f"{name}.{DEFAULT}.toml")) if code != DEFAULT else {}
    return Phrases(path.name, {**default, **lists}, words_of(code).text)


def _read(path: Path) -> dict[str, tuple[str, ...]]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return TypeAdapter(dict[str, tuple[str, ...]]).validate_python(data)
    except OSError as error:
        raise AgentError(
            f"no words in this language: {path.name!r} is missing; write it beside the English one"
        ) from error
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise AgentError(f"{path.name!r} cannot be used: {error}".replace("\n", "; ")) from error
