"""Messages of many kinds for any catalogue, one dialogue after the other, to bring about turns of every kind. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from string import Formatter
from typing import Literal, TypeAlias
from zlib import crc32

from agent.phrases import Phrases, load_phrases
from agent.wording import Wording, wording_of
from retrieval.catalog import Catalog
from retrieval.types import Item

Split: TypeAlias = Literal["train", "test"]

_OPENERS: Mapping[str, int] = {
    "wish": 16, "wishes": 6, "people": 8, "years": 7, "prices": 7, "narrow": 9, "loved": 18, "hated": 5, "never": 4,
    "words": 6, "more": 4, "whom": 10, "unknown": 4, "talk": 3, "facts": 6, "compare": 4,
}  # fmt: skip
_FOLLOWING: Mapping[str, int] = {
    "wish": 7, "wishes": 3, "people": 3, "years": 3, "prices": 3, "narrow": 6, "loved": 9, "hated": 3, "never": 3,
    "words": 3, "more": 8, "critique": 9, "facts": 13, "compare": 8, "why": 6, "whynot": 6, "known": 6, "undo": 4,
    "profile": 2, "suppose": 6, "whom": 5, "unknown": 3, "talk": 4, "yes": 3, "staff": 1,
}  # fmt: skip
_TURNS = (3, 6)
_PLACES = 5
_HELD_OUT = 8
"""One of so many items is named in dialogues of the test split only."""


@dataclass(frozen=True)
class Asker:
    """Makes the messages of a catalogue in a language."""

    catalog: Catalog
    language: str
    split: Split = "train"

    def dialogue(self, random: Random) -> Iterator[tuple[str, str]]:
        """The kinds and texts of the messages of one dialogue."""
        for turn in range(random.randint(*_TURNS)):
            weights = _OPENERS if turn == 0 else _FOLLOWING
            kinds = [kind for kind in weights if self._ways(kind)]
            kind = random.choices(kinds, [weights[k] for k in kinds])[0]
            yield kind, self._filled(random.choice(self._ways(kind)), random)

    def _ways(self, kind: str) -> list[str]:
        return [way for way in self._phrases.variants[kind] if _slots(way) <= self._fillable]

    def _filled(self, way: str, random: Random) -> str:
        slots = {slot: self._slot(slot, random) for slot in sorted(_slots(way))}
        return self._phrases.joined(way.format(**slots))

    def _slot(self, slot: str, random: Random) -> str:
        if slot in ("value", "other"):
            facet = random.choice(self._values)
            return self._wording.value(facet, self._common(facet, random))
        if slot in ("year", "decade"):
            low, high = self.catalog.bounds("year") or (1950.0, 2020.0)
            year = random.randint(int(low + (high - low) / 3), int(high))
            return str(year if slot == "year" else year // 10 * 10)
        return self._simple[slot](random)

    @cached_property
    def _simple(self) -> Mapping[str, Callable[[Random], str]]:
        """How the other slots are filled."""
        spec = self._wording.spec
        return {
            "noun": lambda _: spec.noun,
            "nouns": lambda _: spec.nouns,
            "person": lambda r: self._common(r.choice(self._people), r),
            "title": lambda r: r.choice(self.items).title,
            "second": lambda r: r.choice(self.items).title,
            "typo": lambda r: _slip(r.choice(self.items).title, r),
            "money": self._price,
            "label": lambda r: r.choice(self._labels),
            "more": lambda r: r.choice(self._comparatives["more"]),
            "less": lambda r: r.choice(self._comparatives["less"]),
            "n": lambda r: str(r.randint(1, _PLACES)),
            "m": lambda r: str(r.randint(1, _PLACES)),
        }

    def _common(self, facet: str, random: Random) -> str:
        """A value of a facet, the frequent ones more often than the rare."""
        values = list(self.catalog.values(facet))
        return values[int(len(values) * random.random() ** 3)]

    def _price(self, random: Random) -> str:
        facet = self._moneys[0]
        low, high = self.catalog.bounds(facet) or (1.0, 100.0)
        value = round(low + (high - low) * random.random() ** 4 + 1)
        unit = self.catalog.facet(facet).unit
        return f"{unit}{value}"

    @cached_property
    def _phrases(self) -> Phrases:
        return load_phrases(Path(__file__).with_name(f"asking.{self.language}.toml"))

    @cached_property
    def _wording(self) -> Wording:
        return wording_of(self.catalog, self.language)

    @cached_property
    def items(self) -> Sequence[Item]:
        """Those whose titles its messages may name."""
        held_out = self.split == "test"
        known = [i for i in self.catalog.items if (crc32(i.item_id.encode()) % _HELD_OUT == 0) == held_out]
        return known or list(self.catalog.items)

    @cached_property
    def _fillable(self) -> set[str]:
        has = {"noun", "nouns", "title", "second", "typo", "n", "m", "label"}
        has |= {"value", "other"} if self._values else set()
        has |= {"person"} if self._people else set()
        has |= {"year", "decade"} if "year" in self.catalog.spec.facets else set()
        has |= {"money"} if self._moneys else set()
        return has | {slot for slot, words in self._comparatives.items() if words}

    @cached_property
    def _values(self) -> list[str]:
        facets = self.catalog.spec.facets.items()
        return [n for n, s in facets if s.kind == "categorical" and s.filterable and not s.people and self._held(n)]

    @cached_property
    def _people(self) -> list[str]:
        return [n for n, s in self.catalog.spec.facets.items() if s.people and s.filterable and self._held(n)]

    def _held(self, facet: str) -> bool:
        return bool(self.catalog.values(facet))

    @cached_property
    def _moneys(self) -> list[str]:
        return [n for n, s in self.catalog.spec.facets.items() if s.kind == "numeric" and s.unit in "$€£¥" and s.unit]

    @cached_property
    def _labels(self) -> list[str]:
        told = self._wording.spec.facets.values()
        return [s.label for s in told if s.kind not in ("text", "image") and s.explainable]

    @cached_property
    def _comparatives(self) -> dict[str, list[str]]:
        facets = self._wording.spec.facets.values()
        return {"more": [w for s in facets for w in s.more], "less": [w for s in facets for w in s.less]}


def _slots(way: str) -> set[str]:
    return {slot for _, slot, _, _ in Formatter().parse(way) if slot}


def _slip(title: str, random: Random) -> str:
    """A title with two letters swapped, or one left out."""
    places = [m.start() for m in re.finditer(r"\w(?=\w\w)", title)]
    if not places:
        return title
    at = random.choice(places)
    if random.random() < 0.5:
        return title[: at + 1] + title[at + 2 :]
    return title[: at + 1] + title[at + 2] + title[at + 1] + title[at + 3 :]
