"""The words of a catalogue: how rare they are, which texts say those of a query, and in which sentence."""

import json
import re
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from retrieval.errors import IndexUnusable
from retrieval.ports import Scores
from retrieval.postings import Postings

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")
_STOP = re.compile(
    r"[.!?]+[\"'\u201d\u2019)\]]*(?=\s+[^\sa-z\d]|\s*$)"
    r"|[\u3002\uff01\uff1f]+[\u201d\u2019\u300d\u300f\uff09]*|\n+"
)
_ABBREVIATION = re.compile(r"(?:^|[\s(.\"'\u201c\u2018])[A-Z]\w?$")
_STEM = 5
"""Words count as the same when their first five letters agree: the language-neutral stemmer of McNamee and Mayfield
(2004), so that 'memory' finds 'memories'."""
_TELLING = 0.3
"""A sentence is only quoted for a word at least this rare: in a catalogue of n texts, in fewer than n^0.7 of them."""

_NAMING = 0.1
"""A value whose words are all more common than this (such as 'On') is not meant by a query that says them."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters start to end (exclusive) of a text, and how much of the query's rarity they hold."""

    start: int
    end: int
    weight: float


class Words:
    """The word stems of the texts of a catalogue, and which texts say them. Immutable."""

    def __init__(self, columns: Mapping[str, int], said: Postings) -> None:
        """Take the column of each stem, and the texts per column; `of` makes both from texts."""
        self._columns = columns
        self._said = said
        self._counts = said.counts

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Words":
        """Read texts, in catalogue order."""
        columns: dict[str, int] = {}
        indices, ends = array("i"), array("q", [0])
        for text in texts:
            indices.extend(columns.setdefault(stem, len(columns)) for stem in stems(text))
            ends.append(len(indices))
        said = np.ones(len(indices), dtype=np.bool_)
        shape = (len(ends) - 1, len(columns))
        rows = sparse.csr_matrix((said, np.frombuffer(indices, dtype=np.int32), np.array(ends)), shape=shape)
        return cls(columns, Postings.of(rows.tocsc(), weighted=False))

    def save(self, folder: Path) -> None:
        """Write three files into a folder, which is made if need be."""
        folder.mkdir(exist_ok=True)
        (folder / "stems.json").write_text(json.dumps([self._said.size, *self._columns]), encoding="utf-8")
        np.save(folder / "ends.npy", self._said.ends, allow_pickle=False)
        np.save(folder / "rows.npy", self._said.rows, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> "Words":
        """Open what `save` wrote, memory-mapped; IndexUnusable if it is not that."""
        try:
            size, *known = json.loads((folder / "stems.json").read_text(encoding="utf-8"))
            ends = np.load(folder / "ends.npy", allow_pickle=False)
            rows = np.load(folder / "rows.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise IndexUnusable(f"words in {str(folder)!r} cannot be read ({error}); build the index again") from error
        if len(ends) != len(known) + 1 or ends[-1] != len(rows):
            raise IndexUnusable(f"words in {str(folder)!r} do not fit together; build the index again")
        return cls({stem: column for column, stem in enumerate(known)}, Postings(int(size), ends, rows))

    def __len__(self) -> int:
        """How many texts there are."""
        return self._said.size

    def rarity(self, stem: str) -> float:
        """Return log(n / texts with the stem) / log(n): 1 for a word of at most one text, 0 for one of all."""
        column = self._columns.get(stem)
        return 1.0 if column is None else 1 - log(int(self._counts[column])) / log(max(len(self), 2))

    def coverage(self, query: str, rows: NDArray[np.int64]) -> Scores:
        """Return how much of the rarity of a query's words some texts say, shape (len(rows),), between 0 and 1.

        Words that no text says do not count: they tell none from another.
        """
        return self._said.sums_at(self._shares(query), rows)

    def saying(self, query: str, mask: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
        """Rows of the at most k texts in the mask that say most of a query, ties by row; none that says nothing."""
        return self._said.best(self._shares(query), mask, k)

    def _shares(self, query: str) -> dict[int, float]:
        """The share of each known stem, by column, in the rarity of a query."""
        known = [stem for stem in sorted(stems(query)) if stem in self._columns]
        weights = {self._columns[stem]: rarity for stem in known if (rarity := self.rarity(stem)) > 0}
        total = sum(weights.values())
        return {column: rarity / total for column, rarity in weights.items()}

    def best_span(self, text: str, query: str) -> Span | None:
        """Find the sentence that shares most rarity with `query`, the first of equals; None if none is telling."""
        wanted = {stem: self.rarity(stem) for stem in stems(query)}
        best: Span | None = None
        for start, end in sentences(text):
            shared = [wanted[stem] for stem in stems(text[start:end]) if stem in wanted]
            weight = sum(shared) / max(sum(wanted.values()), 1e-9)
            if max(shared, default=0.0) >= _TELLING and (best is None or weight > best.weight):
                best = Span(start, end, weight)
        return best

    def named_in(self, value: str, query: str) -> bool:
        """Whether a query says a whole facet value, word for word, and more than words that every text has."""
        needed = _words(value)
        return needed <= _words(query) and max(map(self.rarity, stems(value)), default=0.0) >= _NAMING


def stems(text: str) -> frozenset[str]:
    """Return the distinct folded word stems of a text; Chinese and Japanese characters count singly."""
    return frozenset(word[:_STEM] for word in _words(text))


def sentences(text: str) -> Iterable[tuple[int, int]]:
    """Yield (start, end) of the sentences of a text, without the space around them; initials and titles end none."""
    start = 0
    for stop in _STOP.finditer(text):
        if stop.group()[0] == "." and _ABBREVIATION.search(text, start, stop.start()):
            continue
        yield from _stripped(text, start, stop.end())
        start = stop.end()
    yield from _stripped(text, start, len(text))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _stripped(text: str, start: int, end: int) -> Iterable[tuple[int, int]]:
    part = text[start:end]
    if part.strip():
        yield start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))
