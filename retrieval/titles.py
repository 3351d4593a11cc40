"""Titles by key: whole ones, with an article more or less, parts of them, and parts that only start or end one."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from retrieval.folding import forms, is_unspaced
from retrieval.language import Language

_SEAM = re.compile(r":\s|\s[–—-]\s|\s?[()\[\]]|,?\sor:\s|,\sor\s|…|\s?/\s|：|——")
_RARE = 40
"""Items that may share a word for it to identify a title by itself."""

How = Literal["whole", "article", "part", "piece"]


@dataclass(frozen=True, slots=True)
class Title:
    """One item's title: the item's row, its folded words, how often people meet it and the year it is told apart by."""

    row: int
    words: tuple[str, ...]
    weight: float
    moment: int | None


class TitleIndex:
    """Looks titles up by key and by word. Immutable."""

    def __init__(
        self, titles: Sequence[str], weights: Sequence[float], moments: Sequence[int | None], language: Language
    ) -> None:
        """Take titles, how well known each is (higher = better known) and its year, in catalogue order."""
        self._language = language
        self.titles = tuple(
            Title(row, forms(text), weight, moment)
            for row, (text, weight, moment) in enumerate(zip(titles, weights, moments, strict=True))
        )
        self._whole: dict[str, list[int]] = defaultdict(list)
        self._article: dict[str, list[int]] = defaultdict(list)
        self._part: dict[str, list[int]] = defaultdict(list)
        self._rows: dict[str, list[int]] = defaultdict(list)
        self.unspaced: set[tuple[str, ...]] = set()
        """Names with characters of a script that sets no spaces, in their words."""
        for title, text in zip(self.titles, titles, strict=True):
            self._add(title, text)
        known = sorted((t.weight for t in self.titles), reverse=True)
        self.well_known = max(known[len(known) // 10], 1.0) if known else 1.0
        """Weight from which on an item belongs to the best known tenth."""

    @property
    def vocabulary(self) -> Iterable[str]:
        """Every word of every title."""
        return self._rows

    def lookup(self, words: tuple[str, ...], *, bare: bool = True) -> tuple[How, tuple[int, ...]] | None:
        """Return the rows a name means exactly, and how it is written; best known first.

        With `bare`, an article that the title lacks is forgiven.
        """
        key = self._language.key(words)
        for how, table in self._tables():
            if key in table:
                return how, self._ranked(table[key])
        shorter = self._language.without_article(words) if bare else words
        if shorter != words and (rows := self._whole.get(self._language.key(shorter))):
            return "article", self._ranked(rows)
        return None

    def df(self, word: str) -> int:
        """How many titles have a word."""
        return len(self._rows.get(word, ()))

    def containing(self, words: Sequence[str]) -> tuple[int, ...]:
        """Return the rows whose titles contain these words in a row, best known first."""
        rarest = min((self._rows.get(word, []) for word in words), key=len, default=[])
        return self._ranked(row for row in rarest if _inside(words, self.titles[row].words))

    def sharing(self, words: Iterable[str], most: int = 2000) -> tuple[int, ...]:
        """Return rows that share a rare word with `words`, those with the rarest words first."""
        found: dict[int, None] = {}
        for word in sorted(set(words) & self._rows.keys(), key=lambda w: (self.df(w), w)):
            if found and len(found) + self.df(word) > most:
                break
            found.update(dict.fromkeys(self._rows[word]))
        return tuple(found)

    def rare(self, word: str) -> bool:
        """Whether a word of titles identifies one by itself: few have it, and it is no common word."""
        return 0 < self.df(word) <= _RARE and self._language.rank(word) >= 2500 and not word.isdigit()

    def _tables(self) -> tuple[tuple[How, Mapping[str, list[int]]], ...]:
        return ("whole", self._whole), ("article", self._article), ("part", self._part)

    def _ranked(self, rows: Iterable[int]) -> tuple[int, ...]:
        return tuple(
            sorted(set(rows), key=lambda row: (-self.titles[row].weight, -(self.titles[row].moment or 0), row))
        )

    def _add(self, title: Title, text: str) -> None:
        language = self._language
        bare = language.without_article(title.words)
        if title.words:
            self._whole[language.key(title.words)].append(title.row)
        if is_unspaced(text):
            self.unspaced.update((title.words, *_parts(text, language)))
        if bare != title.words:
            self._article[language.key(bare)].append(title.row)
        for words in _parts(text, language):
            if words not in (title.words, bare):
                self._part[language.key(words)].append(title.row)
        for word in set(title.words):
            self._rows[word].append(title.row)


def _parts(text: str, language: Language) -> Iterable[tuple[str, ...]]:
    """What stands between the seams of a title, and the beginnings and ends that are made of them."""
    seams = [0, *(m.start() for m in _SEAM.finditer(text)), len(text)]
    if len(seams) == 2:
        return
    pieces = [forms(text[a:b]) for a, b in pairwise(seams)]
    for piece in (*pieces, forms(text[: seams[-2]])):
        if piece and (len(piece) > 1 or language.rank(piece[0]) > 1000 or piece is pieces[0]):
            yield piece
            if language.without_article(piece) != piece:
                yield language.without_article(piece)


def _inside(words: Sequence[str], title: Sequence[str]) -> bool:
    n = len(words)
    return any(tuple(title[i : i + n]) == tuple(words) for i in range(len(title) - n + 1))
