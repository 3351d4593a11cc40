"""The language files of generated conversations: templates by list, a part of each held out for tests."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Literal, TypeAlias

from finetune.errors import FinetuneError

Split: TypeAlias = Literal["train", "test"]

_HERE = Path(__file__).parent
_SLOT = re.compile(r"\{(\w+)\}")
_WHOLE = frozenset({"units", "degrees", "point"})
"""Sections that are words of the language and not ways to put a thing."""
_FEWEST = 4
"""Entries that a list needs for one of five to be held out."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """The templates of one language that a split may use."""

    language: str
    split: Split
    lists: Mapping[str, tuple[str, ...]]
    """By dotted name: 'ask.fresh'."""
    tables: Mapping[str, Mapping[str, object]]

    def all(self, name: str) -> tuple[str, ...]:
        """The templates of a list; FinetuneError for one that the file lacks."""
        if name not in self.lists:
            raise FinetuneError(f"'phrases.{self.language}.toml' has no list {name!r}; add it")
        return self.lists[name]

    def pick(self, name: str, rng: Random, /, **slots: str) -> str:
        """A template of a list, filled."""
        return fill(rng.choice(self.all(name)), slots)

    def table(self, name: str) -> Mapping[str, object]:
        """A table of words: 'units.names'."""
        return self.tables.get(name, {})


def fill(template: str, slots: Mapping[str, str]) -> str:
    """A template with its slots put in; FinetuneError for a slot that is not given."""

    def put(match: re.Match[str]) -> str:
        if match[1] not in slots:
            raise FinetuneError(f"the template {template!r} has a slot {match[1]!r}; there are {', '.join(slots)}")
        return slots[match[1]]

    return _SLOT.sub(put, template)


def languages() -> tuple[str, ...]:
    """The languages that there are files for."""
    return tuple(sorted(path.name.split(".")[1] for path in _HERE.glob("phrases.*.toml")))


@cache
def phrases_of(language: str, split: Split) -> Phrases:
    """Read the file of a language; FinetuneError when there is none."""
    path = _HERE / f"phrases.{language}.toml"
    if not path.is_file():
        raise FinetuneError(f"no conversations can be made in {language!r}; there are {', '.join(languages())}")
    lists: dict[str, tuple[str, ...]] = {}
    tables: dict[str, Mapping[str, object]] = {}
    _gather(tomllib.loads(path.read_text(encoding="utf-8")), "", lists, tables)
    kept = {name: _part(name, entries, split) for name, entries in lists.items()}
    return Phrases(language, split, kept, tables)


def _gather(
    node: Mapping[str, object], prefix: str, lists: dict[str, tuple[str, ...]], tables: dict[str, Mapping[str, object]]
) -> None:
    for key, value in node.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            tables[name] = value
            _gather(value, f"{name}.", lists, tables)
        elif isinstance(value, list) and all(isinstance(v, str) for v in value):
            lists[name] = tuple(value)


def _part(name: str, entries: Sequence[str], split: Split) -> tuple[str, ...]:
    """Train keeps what is not held out; a list of few is used by both."""
    unique = tuple(dict.fromkeys(entries))
    if name.partition(".")[0] in _WHOLE or len(unique) < _FEWEST:
        return unique
    ranked = sorted(unique, key=lambda entry: sha256(f"{name}:{entry}".encode()).digest())
    held = frozenset(ranked[: max(1, len(ranked) // 5)])
    return tuple(e for e in unique if (e in held) == (split == "test"))
