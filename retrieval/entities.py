"""Links words to things of the catalogue: a mention to an item, the names in a text, pointers at a list."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import numpy as np

from retrieval.aliases import Aliases, load_aliases
from retrieval.catalog import Catalog
from retrieval.credibility import Names, is_series
from retrieval.finding import Span, find
from retrieval.folding import forms, is_unspaced
from retrieval.language import Language, every_language
from retrieval.linking import Link, Match, rank
from retrieval.passage import words_of
from retrieval.references import Pointers, Reference
from retrieval.segments import Segmenter
from retrieval.spelling import Speller
from retrieval.titles import TitleIndex
from retrieval.types import FacetValue, Item
from retrieval.values import Meaning, ValueIndex

_MOST_WORDS = 3000
_YEARS = (1000.0, 2200.0)


class Linker:
    """Knows every name of a catalogue. Immutable; safe to share between threads."""

    def __init__(
        self,
        catalog: Catalog,
        aliases: Aliases | None = None,
        counts: Mapping[str, float] | None = None,
        language: Language | None = None,
    ) -> None:
        """Take the catalogue, other words for its things, how often people meet each item (by id), and the words of
        a language; of all languages if not given."""
        aliases, counts = aliases or Aliases(), counts or {}
        self._aliases = aliases
        self._language = language or every_language()
        self._catalog = catalog
        self._moment = moment_facet(catalog)
        weights = [counts.get(i, 0.0) for i in catalog.ids]
        titles = TitleIndex(catalog.titles, weights, _years(catalog, self._moment), self._language)
        values = ValueIndex(catalog, aliases, weights, self._language)
        nicknames = [forms(word) for word in aliases.titles]
        unspaced = titles.unspaced | values.unspaced | {words for words in nicknames if is_unspaced("".join(words))}
        self._names = Names(
            titles=titles,
            ids=catalog.ids,
            values=values,
            nicknames={self._key(word): ids for word, ids in aliases.titles.items()},
            speller=Speller({*titles.vocabulary, *values.vocabulary}, self._language.ranks),
            segmenter=Segmenter(self._language.ranks, map("".join, unspaced)),
            language=self._language,
            catalog=catalog,
            reach=_reach(unspaced, self._language),
        )
        self._pointers = Pointers(self._language, {catalog.spec.noun, catalog.spec.nouns, *catalog.spec.words})

    @property
    def language(self) -> Language:
        """The language whose words are linked."""
        return self._language

    @property
    def aliases(self) -> Aliases:
        """Other words for the catalogue's things."""
        return self._aliases

    def knows(self, word: str) -> bool:
        """Whether a word is a common one, or part of a name of this catalogue."""
        folded = forms(word)
        return bool(folded) and (folded[0] in self._language.ranks or self._names.speller.knows(folded[0]))

    def is_named(self, word: str) -> bool:
        """Whether a title or a facet value of this catalogue has the word, in the singular or the plural."""
        forms_of = [f for folded in forms(word) for f in (folded, *self._language.singulars(folded), f"{folded}s")]
        return any(self._names.speller.knows(f) for f in forms_of)

    def link(self, mention: str) -> Link:
        """Link a mention of one item. An unknown one has its nearest titles as candidates, never as an answer."""
        if mention.removeprefix("id:") in self._catalog:
            return Link(mention, "sure", (Match(mention.removeprefix("id:"), 1.0),))
        key = self._key(mention)
        if key in self._names.nicknames and self._names.titles.lookup(forms(mention)) is None:
            ids = self._names.nicknames[key]
            return Link(mention, "sure" if len(ids) == 1 else "ambiguous", tuple(Match(i, 1.0) for i in ids))
        ranked = rank(mention, self._names.titles, self._names.speller, self._language)
        matches = tuple(Match(self._names.ids[row], round(score, 3)) for row, score in ranked.rows)
        return Link(mention, ranked.status, matches)

    def value(self, mention: str, facet: str = "") -> Meaning | None:
        """Return the facet value that a whole mention names, in one facet or in any; None if there is none.

        Without a facet, a mention that is also the title of an item with that value means the item.
        """
        words = forms(mention)
        found = self._names.values.lookup(words, facet) if words else None
        if found is None or found.together or (not facet and (found.partial or is_series(words, found, self._names))):
            return None
        return found.meanings[0]

    def qualities(self, text: str) -> tuple[Meaning, ...]:
        """Return the facet values whose qualities a text asks for: 'funnier' is more like what is funny, a comedy.

        People are no qualities, and what is wanted less ('less scary') is none.
        """
        found: list[Meaning] = []
        lessened = False
        for start, end in self.words(text):
            word = text[start:end].casefold()
            named = (self.value(form) for form in (word, *self._language.plain_forms(word)))
            meaning = next((m for m in named if m is not None and not self._catalog.facet(m.facet).people), None)
            if meaning is not None and not lessened:
                found.append(meaning)
            lessened = word in self._language.lessening or (lessened and meaning is None)
        return tuple(dict.fromkeys(found))

    def find(self, text: str) -> tuple[Span, ...]:
        """Return the names in a text, in order, none overlapping. Reads the first 400 words."""
        return find(text, self._names)

    def words(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return where the words of a text stand; runs without spaces are cut into the likeliest words."""
        return words_of(text, self._names.segmenter, _MOST_WORDS)

    def references(self, text: str) -> tuple[Reference, ...]:
        """Return the pointers at a list in a text, in order."""
        return self._pointers.find(text)

    def listed(self, text: str) -> tuple[str, ...]:
        """Return the ids of the items a numbered list in a text names, in its order: '1. Heat (1995)' or '[1] Heat'."""
        links = (self.link(line) for line in _numbered(text))
        return tuple(dict.fromkeys(link.candidates[0].item_id for link in links if link.status == "sure"))

    def name(self, item: Item) -> str:
        """Return how to mention an item so that it links back to this one: title, with year, or id."""
        year = _year(item.facets.get(self._moment))
        full = f"{item.title} ({year})" if year is not None else item.title
        link = self.link(full)
        same = link.status == "sure" and link.candidates[0].item_id == item.item_id
        return full if same else f"id:{item.item_id}"

    def _key(self, name: str) -> str:
        return self._language.key(forms(name))


def open_linker(catalog: Catalog, alias_files: Iterable[Path], counts: Mapping[str, float]) -> Linker:
    """Build a linker from files; CatalogError for an alias or language file that cannot be used."""
    return Linker(catalog, load_aliases(alias_files, catalog, strict=False), counts)


def _reach(names: Iterable[tuple[str, ...]], language: Language) -> Mapping[str, tuple[int, ...]]:
    found: dict[str, set[int]] = defaultdict(set)
    for words in names:
        found[language.digits(words[0])].add(len(words))
    return {first: tuple(sorted(widths, reverse=True)) for first, widths in found.items()}


def moment_facet(catalog: Catalog) -> str:
    """Return the facet that tells items of one name apart: a date, or numbers that are years; '' if there is none."""
    for name, spec in catalog.spec.facets.items():
        bounds = catalog.bounds(name) if spec.kind in ("numeric", "date") else None
        if bounds is None:
            continue
        if spec.kind == "date" or (not spec.unit and _YEARS[0] <= bounds[0] and bounds[1] <= _YEARS[1]):
            return name
    return ""


def _year(value: FacetValue | None) -> int | None:
    if value is None or isinstance(value, bool | str | tuple):
        return None
    return int(value) if isinstance(value, int | float) else value.year


def _years(catalog: Catalog, facet: str) -> list[int | None]:
    """The year in a facet of every item, if it has one."""
    if not facet:
        return [None] * len(catalog)
    dated = catalog.facet(facet).kind == "date"
    numbers = (None if np.isnan(number) else int(number) for number in catalog.numbers(facet).tolist())
    return [date.fromordinal(n).year if dated and n is not None else n for n in numbers]


def _numbered(text: str) -> Iterable[str]:
    for line in text.splitlines():
        head, _, rest = line.strip().strip("*").partition(" ")
        if head.strip("[]().:*").isdigit() and rest.strip():
            yield _title_of(rest)


def _title_of(entry: str) -> str:
    """The title at the head of a list entry: up to the bracket of its year, or to a dash."""
    entry = entry.strip().strip("*_")
    closing = entry.find(")")
    if closing > 0:
        return entry[: closing + 1].replace("*", "")
    return entry.partition(" – ")[0].partition(" — ")[0].partition(" - ")[0].replace("*", "").strip()
