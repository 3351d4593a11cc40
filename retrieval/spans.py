"""The words of a catalogue: how rare they are, which texts say those of a query, and in which sentence."""

import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from scipy import sparse

from retrieval.ports import Scores

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
    """The word stems of the texts of a catalogue, as a sparse matrix. Immutable."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._columns: dict[str, int] = {}
        indices, ends = array("i"), array("q", [0])
        for text in texts:
            indices.extend(self._columns.setdefault(stem, len(self._columns)) for stem in stems(text))
            ends.append(len(indices))
        said = np.ones(len(indices), dtype=np.float32)
        shape = (len(texts), len(self._columns))
        rows = sparse.csr_matrix((said, np.frombuffer(indices, dtype=np.int32), np.array(ends)), shape=shape)
        self._said = rows.tocsc()
        self._counts = np.asarray(self._said.getnnz(axis=0))

    def rarity(self, stem: str) -> float:
        """Return log(n / texts with the stem) / log(n): 1 for a word of at most one text, 0 for one of all."""
        column = self._columns.get(stem)
        texts = max(self._said.shape[0], 2)
        return 1.0 if column is None else 1 - log(int(self._counts[column])) / log(texts)

    def coverage(self, query: str) -> Scores:
        """Return how much of the rarity of a query's words each text says, shape (n texts,), between 0 and 1.

        Words that no text says do not count: they tell none from another.
        """
        weights = {self._columns[stem]: self.rarity(stem) for stem in stems(query) if stem in self._columns}
        total = sum(weights.values())
        if not total:
            return np.zeros(self._said.shape[0], dtype=np.float32)
        share = np.array(list(weights.values()), dtype=np.float32) / total
        return np.asarray(self._said[:, list(weights)] @ share, dtype=np.float32)

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
