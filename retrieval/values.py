"""Facet values by key: with aliases, plurals and groups; people by full name, by surname and by a famous first name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.aliases import Aliases
from retrieval.catalog import Catalog
from retrieval.folding import forms, is_unspaced
from retrieval.language import Language
from retrieval.types import Scalar

_FAMOUS = 2.0
"""A surname means the person who has this many times the fame of the next of that name."""
_FIRST_NAMES = 8.0
"""And a first name alone wants more."""
_LEAST_FAME = 8.0
"""Fame is the sum of 1 + log(1 + events) over a person's items."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One facet value, as the catalogue spells it, and how well known it is."""

    facet: str
    value: Scalar
    fame: float = 0.0
    items: int = 0
    """How many items have it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a name means. `together`: all meanings at once, not one of them. `partial`: part of a person's name."""

    meanings: tuple[Meaning, ...]
    together: bool = False
    partial: bool = False
    people: bool = False
    first: bool = False
    """By a first name alone."""


class ValueIndex:
    """Looks facet values up by key. Immutable."""

    def __init__(self, catalog: Catalog, aliases: Aliases, weights: Sequence[float], language: Language) -> None:
        """Take the catalogue, its aliases and how often people meet each item, in catalogue order."""
        self._language = language
        self._names: dict[str, list[Meaning]] = {}
        self._words: dict[str, None] = {}
        self._people: set[str] = set()
        self.unspaced: set[tuple[str, ...]] = set()
        """Names with characters of a script that sets no spaces, in their words."""
        partial: dict[str, dict[str, list[Meaning]]] = {"last": defaultdict(list), "first": defaultdict(list)}
        for meaning, person in _meanings(catalog, weights):
            words = forms(str(meaning.value))
            self._learn(words, meaning)
            for word in aliases.values.get((meaning.facet, str(meaning.value)), ()):
                self._learn(forms(word), meaning)
            if person and words:
                self._learn_person(words, meaning, partial)
        for name, spec in catalog.spec.facets.items():
            if spec.kind == "boolean":
                self._learn(forms(spec.label), Meaning(name, value=True))
        self._groups = {
            language.key(forms(word)): tuple(self._meaning(*pair) for pair in pairs)
            for word, pairs in aliases.groups.items()
        }
        self.unspaced.update(words for word in aliases.groups if is_unspaced("".join(words := forms(word))))
        self._first_names = _famous(partial["first"], _FIRST_NAMES)
        self._surnames = _famous(partial["last"], _FAMOUS)
        self._pairs = _pairs(partial["last"], catalog)

    @property
    def vocabulary(self) -> Iterable[str]:
        """Every word of every name."""
        return self._words

    def lookup(self, words: tuple[str, ...], facet: str = "") -> Found | None:
        """Return what a name means, in one facet or in any; best known meaning first."""
        for last in (words[-1], *self._language.singulars(words[-1])):
            key = self._language.key((*words[:-1], last))
            if not facet and key in self._groups:
                return Found(self._groups[key], together=True)
            meanings = tuple(m for m in self._names.get(key, ()) if facet in ("", m.facet))
            if meanings:
                return Found(meanings, people=key in self._people)
        if len(words) > 1:
            return None
        for first, table in ((False, self._surnames), (True, self._first_names)):
            known = tuple(m for m in table.get(words[0], ()) if facet in ("", m.facet))
            if known:
                return Found(known, partial=True, people=True, first=first)
        pair = tuple(m for m in self._pairs.get(words[0], ()) if facet in ("", m.facet))
        return Found(pair, together=True, partial=True, people=True) if pair else None

    def _meaning(self, facet: str, value: str) -> Meaning:
        known = self._names.get(self._language.key(forms(value)), ())
        return next((m for m in known if (m.facet, m.value) == (facet, value)), Meaning(facet, value))

    def _learn(self, words: tuple[str, ...], meaning: Meaning) -> None:
        known = self._names.setdefault(self._language.key(words), [])
        if all((m.facet, m.value) != (meaning.facet, meaning.value) for m in known):
            known.append(meaning)
            known.sort(key=lambda m: -m.fame)
        self._words.update(dict.fromkeys(words))
        if is_unspaced("".join(words)):
            self.unspaced.add(words)

    def _learn_person(
        self, words: tuple[str, ...], meaning: Meaning, partial: Mapping[str, dict[str, list[Meaning]]]
    ) -> None:
        self._people.add(self._language.key(words))
        if len(words) > 1:
            partial["last"][words[-1]].append(meaning)
            partial["first"][words[0]].append(meaning)


def _meanings(catalog: Catalog, weights: Sequence[float]) -> Iterable[tuple[Meaning, bool]]:
    known = 1.0 + np.log1p(np.asarray(weights, dtype=np.float64))
    for facet, spec in catalog.spec.facets.items():
        if spec.kind == "categorical" and spec.filterable:
            names, column = catalog.labels(facet)
            fame = np.asarray(column.T @ known).ravel()
            sizes = column.getnnz(axis=0).tolist()
            for name, known_by, size in zip(names, fame.tolist(), sizes, strict=True):
                yield Meaning(facet, name, known_by, size), spec.people


def _famous(named: Mapping[str, list[Meaning]], lead: float) -> dict[str, tuple[Meaning, ...]]:
    """Part of a name: the one person it surely means, in every facet that has them."""
    found: dict[str, tuple[Meaning, ...]] = {}
    for word, meanings in named.items():
        fame: dict[Scalar, float] = defaultdict(float)
        for meaning in meanings:
            fame[meaning.value] += meaning.fame
        best, *others = sorted(fame, key=lambda value: -fame[value])
        rival = fame[others[0]] if others else 0.0
        if fame[best] >= _LEAST_FAME and fame[best] >= lead * rival:
            found[word] = tuple(sorted((m for m in meanings if m.value == best), key=lambda m: -m.fame))
    return found


def _pairs(named: Mapping[str, list[Meaning]], catalog: Catalog) -> dict[str, tuple[Meaning, ...]]:
    """A surname that two people share who mostly work together: brothers who direct, a couple that designs."""
    found: dict[str, tuple[Meaning, ...]] = {}
    for word, meanings in named.items():
        best = sorted(meanings, key=lambda m: -m.fame)[:2]
        if len(best) < 2 or best[1].fame < _LEAST_FAME or best[0].facet != best[1].facet:
            continue
        one, other = (catalog.holders(m.facet, m.value) for m in best)
        if 2 * len(np.intersect1d(one, other, assume_unique=True)) >= best[0].items:
            found[word] = tuple(best)
    return found
