"""Sentences in a language, from a data file: several ways to say a thing, chosen by a hash and never at random."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

from pydantic import TypeAdapter, ValidationError

from agent.errors import AgentError


@dataclass(frozen=True, slots=True)
class Phrases:
    """The sentences of one file by key. A sentence holds slots: 'Also {phrase} {values}, like {title}'."""

    name: str
    variants: Mapping[str, tuple[str, ...]]

    def ways(self, key: str, seed: str, **slots: object) -> tuple[str, ...]:
        """Return every way to say it, the chosen one first; KeyError for a key or a slot that there is not."""
        known = self.variants[key]
        first = crc32(f"{key}|{seed}".encode()) % len(known)
        return tuple(way.format(**slots) for way in (*known[first:], *known[:first]))

    def say(self, key: str, seed: str = "", **slots: object) -> str:
        """Say it in the way that `seed` chooses; the same seed, the same words."""
        return self.ways(key, seed, **slots)[0]

    def part(self, key: str, **slots: object) -> str:
        """A piece of a sentence: the first way to say it, as it is written."""
        return self.variants[key][0].format(**slots)

    def listed(self, parts: Sequence[str], key: str = "and") -> str:
        """Join parts as a list: 'a, b and c', or with 'or'."""
        if len(parts) < 2:
            return "".join(parts)
        return self.part(key, first=", ".join(parts[:-1]), last=parts[-1])


@cache
def load_phrases(path: Path) -> Phrases:
    """Read a file of sentences; AgentError if there is none for the language, or it cannot be used."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        lists = TypeAdapter(dict[str, tuple[str, ...]]).validate_python(data)
    except OSError as error:
        raise AgentError(
            f"no words in this language: {path.name!r} is missing; write it beside the English one"
        ) from error
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise AgentError(f"{path.name!r} cannot be used: {error}".replace("\n", "; ")) from error
    if empty := [key for key, ways in lists.items() if not ways]:
        raise AgentError(f"{path.name!r} cannot be used: {empty[0]!r} has no sentence; write at least one")
    return Phrases(path.name, lists)
