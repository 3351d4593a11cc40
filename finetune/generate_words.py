"""The words of a catalogue in one language, as people say them: values, people, measures, titles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Literal

from finetune.generate_phrases import Phrases
from retrieval.catalog import Catalog
from retrieval.entities import Linker, moment_facet
from retrieval.folding import is_unspaced
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.types import Item

Role = Literal["kind", "quality", "people", "other"]
Family = Literal["year", "money", "time", "measure", "date"]

_CURRENCIES = frozenset("$€£¥")
_MINUTES = frozenset({"min", "minutes"})
_LISTED = 60
"""A facet of so many values is listed in the schema; see agent/tool_schema.py."""
_SHOWN = 24
"""Values of a facet that the brief prompt shows; see agent/prompts.py."""
_LONGEST = 28
_HEAD = 0.15
"""Share of the items of a value whose titles end on it, from which its facet says what a thing is."""
_FAMOUS = 400
"""People that are talked of."""


@dataclass(frozen=True, slots=True)
class Named:
    """A facet value as it is said, and as a plan names it."""

    facet: str
    value: str
    said: str
    planned: str

    @property
    def mention(self) -> str:
        """How `remember` names it."""
        return f"{self.facet}: {self.planned}"


@dataclass(frozen=True, slots=True)
class Measure:
    """A facet of numbers or dates, and how it is spoken of."""

    facet: str
    family: Family
    spec: FacetSpec


@dataclass(frozen=True, slots=True)
class Aliases:
    """What people call things besides their names: words by (facet, value), and nicknames by item."""

    values: Mapping[tuple[str, str], tuple[str, ...]]
    titles: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class World:
    """A catalogue as it is spoken of in a language."""

    catalog: Catalog
    linker: Linker | None
    language: str
    unspaced: bool

    @cached_property
    def spec(self) -> CatalogSpec:
        """The words for facets and items."""
        return self.catalog.heard(self.language).spec

    @property
    def tells_stories(self) -> bool:
        """Whether items are met by their names and not by what they are: films, books, songs."""
        return self.catalog.spec.titles_are_names

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """What part of a sentence the values of each categorical facet are."""
        facets = self.catalog.spec.facets.items()
        usable = {n: s for n, s in facets if s.kind == "categorical" and s.filterable and self.catalog.values(n)}
        return {name: self._role(name, spec) for name, spec in usable.items()}

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Facets that conditions may compare."""
        return tuple(
            Measure(name, self._family(name, spec), self.spec.facets[name])
            for name, spec in self.catalog.spec.facets.items()
            if spec.kind in ("numeric", "date") and spec.filterable and self.catalog.bounds(name)
        )

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """Facets of yes or no."""
        facets = self.catalog.spec.facets.items()
        return tuple(name for name, spec in facets if spec.kind == "boolean" and spec.filterable)

    @cached_property
    def aliases(self) -> Aliases:
        """Other words in the script of the language."""
        if self.linker is None:
            return Aliases({}, {})
        known = self.linker.aliases
        values = {k: tuple(w for w in words if self._fits(w)) for k, words in known.values.items()}
        titles: dict[str, tuple[str, ...]] = {}
        for word, ids in known.titles.items():
            if len(ids) == 1 and self._fits(word):
                titles[ids[0]] = (*titles.get(ids[0], ()), word)
        return Aliases(values, titles)

    @cached_property
    def groups(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Words for several values at once, in the script of the language."""
        known = {} if self.linker is None else self.linker.aliases.groups
        return {word: pairs for word, pairs in known.items() if self._fits(word) and len(pairs) > 1}

    def best_known(self, named: Named) -> Named:
        """People by their own facet: who directs and acts is meant where the most is known of."""
        meaning = None if self.linker is None else self.linker.value(named.said)
        if meaning is None or meaning.value != named.value or meaning.facet not in self.roles:
            return named
        return Named(meaning.facet, named.value, named.said, self._planned(meaning.facet, named.value, named.said))

    def named(self, rng: Random, facet: str, *, other_than: Sequence[str] = ()) -> Named | None:
        """Some value of a facet, the frequent ones more often."""
        pool = self._pool[facet]
        values = [value for value in pool if value not in other_than]
        if not values:
            return None
        place = min(int(rng.random() ** 1.7 * len(values)), len(values) - 1)
        return self.said(rng, facet, values[place])

    def said(self, rng: Random, facet: str, value: str) -> Named:
        """A value in some of its words."""
        said = rng.choice(self._words(facet, value))
        return Named(facet, value, said, self._planned(facet, value, said))

    def title(self, item: Item, rng: Random) -> str:
        """A title as a person may write it."""
        known = self.aliases.titles.get(item.item_id, ())
        if self.unspaced and known:
            word = rng.choice(known)
            return f"《{word}》" if self.tells_stories and rng.random() < 0.35 else word
        title = item.title
        if known and rng.random() < 0.3:
            title = rng.choice(known)
        short = title.removeprefix("The ")
        if short != title and rng.random() < 0.15 and self._means(short, item):
            return short
        return title

    def titled(self) -> tuple[int, ...]:
        """Rows of the items that are spoken of by their titles in this language."""
        return self._titled

    @cached_property
    def _titled(self) -> tuple[int, ...]:
        rows = [row for row, title in enumerate(self.catalog.titles) if 3 <= len(title) <= 2 * _LONGEST]
        if not self.unspaced:
            return tuple(rows)
        known = [self.catalog.position(i) for i in self.aliases.titles if i in self.catalog]
        return tuple(known or rows)

    @cached_property
    def _pool(self) -> Mapping[str, tuple[str, ...]]:
        return {name: self._spoken(name) for name in self.roles}

    def _spoken(self, facet: str) -> tuple[str, ...]:
        values = tuple(self.catalog.values(facet))
        if self.roles[facet] != "people":
            return tuple(v for v in values if len(v) <= _LONGEST) or values
        known = tuple(v for v in values if self.aliases.values.get((facet, v))) if self.unspaced else ()
        return (known or values)[:_FAMOUS]

    def _words(self, facet: str, value: str) -> tuple[str, ...]:
        """How a value is called: its names in the language, each once."""
        others = self.aliases.values.get((facet, value), ())
        if self.unspaced:
            translation = self.catalog.translations.get(self.language)
            label = translation.values.get(facet, {}).get(value) if translation else None
            return tuple(dict.fromkeys(filter(None, (label, *others)))) or (value,)
        if self.roles[facet] == "people":
            surname = value.rpartition(" ")[2]
            return (value, value, value, surname) if self._names(surname, facet, value) else (value,)
        own = value.lower() if self._is_common(value) and not self.catalog.facet(facet).phrases else value
        return tuple(dict.fromkeys((own, *(w for w in others if len(w) <= _LONGEST))))

    def _is_common(self, value: str) -> bool:
        """Whether the words of a value are words of the language, and not a name."""
        return self.linker is not None and all(w in self.linker.language.ranks for w in value.casefold().split())

    def _planned(self, facet: str, value: str, said: str) -> str:
        """What the plan writes: the catalogue's spelling where the model can see it, else what was said."""
        spec, values = self.catalog.facet(facet), self.catalog.values(facet)
        if not spec.people and len(values) <= _LISTED:
            return value
        if not spec.people and len(values) <= 4 * _SHOWN and value in list(values)[:_SHOWN]:
            return value
        return said if self._names(said, facet, value) else value

    def _names(self, said: str, facet: str, value: str) -> bool:
        if self.linker is None:
            return said.casefold() == value.casefold()
        meaning = self.linker.value(said, facet)
        return meaning is not None and meaning.value == value

    def _means(self, title: str, item: Item) -> bool:
        if self.linker is None:
            return False
        link = self.linker.link(title)
        return link.status == "sure" and link.candidates[0].item_id == item.item_id

    def _fits(self, word: str) -> bool:
        return is_unspaced(word) == self.unspaced

    def _role(self, facet: str, spec: FacetSpec) -> Role:
        if spec.people:
            return "people"
        values = list(self.catalog.values(facet))
        if len(values) > 4 * _SHOWN or spec.phrases:
            return "other" if not (len(values) <= _LISTED and spec.phrases) else "quality"
        heads = [self._heads(facet, value) for value in values[:12]]
        return "kind" if heads and sum(heads) / len(heads) >= _HEAD else "quality"

    def _heads(self, facet: str, value: str) -> float:
        """The share of a value's items whose titles end on it."""
        words = {value.casefold(), *(w.casefold() for w in self._english(facet, value))}
        rows = self.catalog.holders(facet, value)[:200]
        ends = [self.catalog.titles[row].casefold() for row in rows]
        return sum(any(title.endswith(word) for word in words) for title in ends) / max(1, len(ends))

    def _english(self, facet: str, value: str) -> Sequence[str]:
        return () if self.linker is None else self.linker.aliases.values.get((facet, value), ())

    def _family(self, facet: str, spec: FacetSpec) -> Family:
        if spec.kind == "date":
            return "date"
        if facet == moment_facet(self.catalog):
            return "year"
        return "money" if spec.unit in _CURRENCIES else "time" if spec.unit in _MINUTES else "measure"


def world_of(catalog: Catalog, linker: Linker | None, phrases: Phrases) -> World:
    """A catalogue in the language of some phrases."""
    return World(catalog, linker, phrases.language, is_unspaced(phrases.all("chat.thanks")[0]))
