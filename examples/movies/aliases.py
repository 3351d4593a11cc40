"""vocabulary.toml, written by hand, with every title turned into item ids and every facet value checked."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from film import Film, title_key

FACETS = ("genres", "country", "language")
_HEAD = "# Made by rebuild.py from vocabulary.toml: edit that file instead.\n"


class VocabularyError(ValueError):
    """vocabulary.toml names something the catalogue does not hold."""


@dataclass(frozen=True)
class Franchise:
    """How to recognise the films of one series."""

    words: tuple[str, ...]
    titles: tuple[str, ...]
    also: str = ""
    never: str = ""
    years: tuple[int, int] = (1900, 2100)
    least: int = 2

    def films(self, catalogue: Sequence[Film]) -> list[Film]:
        """Films whose whole title fits a pattern and whose text, years and title rule nothing out."""
        fits = re.compile("|".join(f"(?:{title})" for title in self.titles), re.IGNORECASE)
        found = [f for f in catalogue if fits.fullmatch(f.title) and self.years[0] <= f.year <= self.years[1]]
        if self.also:
            found = [f for f in found if re.search(self.also, f.description)]
        if self.never:
            found = [f for f in found if not re.search(self.never, f"{f.title} ({f.year}) {f.description}")]
        return found


def resolve(vocabulary: str, films: Sequence[Film]) -> str:
    """The text of aliases.en.toml."""
    table = tomllib.loads(vocabulary)
    sections = [(facet, _checked(facet, table[facet], films)) for facet in FACETS]
    words = {name: list(fields["words"]) for name, fields in table["franchises"].items() if fields.get("words")}
    sections.append(("franchise", _checked("franchise", words, films)))
    sections.append(("groups", {name: _group(name, group, films) for name, group in table["groups"].items()}))
    sections.append(("titles", {nick: _one_film(nick, name, films) for nick, name in table["titles"].items()}))
    return _HEAD + "".join(f"\n[{name}]\n" + _entries(entries) for name, entries in sections)


def _values(facet: str, films: Iterable[Film]) -> set[str]:
    return {value for film in films for value in getattr(film, facet)}


def _checked(facet: str, words: Mapping[str, list[str]], films: Sequence[Film]) -> dict[str, object]:
    unknown = set(words) - _values(facet, films)
    if unknown:
        raise VocabularyError(f"no film has {facet} {sorted(unknown)!r}: rename or drop them in vocabulary.toml")
    return dict(words)


def _group(name: str, group: Mapping[str, list[str]], films: Sequence[Film]) -> dict[str, list[str]]:
    for facet, values in group.items():
        unknown = set(values) - _values(facet, films)
        if unknown:
            raise VocabularyError(f"group {name!r} wants {facet} {sorted(unknown)!r}, which no film has")
    return dict(group)


def _one_film(nick: str, name: str, films: Sequence[Film]) -> list[str]:
    """The single film written 'Title (year)' in the vocabulary."""
    parts = re.fullmatch(r"(.+) \((\d{4})\)", name)
    if parts is None:
        raise VocabularyError(f"nickname {nick!r}: write {name!r} as 'Title (year)'")
    found = [f for f in films if title_key(f.title) == title_key(parts[1]) and f.year == int(parts[2])]
    if len(found) != 1:
        raise VocabularyError(f"nickname {nick!r}: {len(found)} films are {name!r}, not one")
    return [found[0].item_id]


def with_franchises(vocabulary: str, films: Sequence[Film]) -> list[Film]:
    """The films, each with the franchises that it is part of."""
    part_of: dict[str, list[str]] = {}
    for name, fields in tomllib.loads(vocabulary)["franchises"].items():
        given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}
        franchise = Franchise(**{"words": (), **given})
        found = franchise.films(films)
        if len(found) < franchise.least:
            raise VocabularyError(f"franchise {name!r}: {len(found)} films, expected {franchise.least} or more")
        for film in found:
            part_of.setdefault(film.item_id, []).append(name)
    return [replace(film, franchise=tuple(part_of.get(film.item_id, ()))) for film in films]


def _entries(entries: Mapping[str, object]) -> str:
    return "".join(f"{json.dumps(key, ensure_ascii=False)} = {_value(value)}\n" for key, value in entries.items())


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
