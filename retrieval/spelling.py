"""Misspelt words: the nearest words of a vocabulary, by edit distance within words of the same first letter."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

_SHORTEST = 5
_LONG = 8
_MOST = 12


class Speller:
    """Corrects words that are neither in the vocabulary nor common. Immutable."""

    def __init__(self, vocabulary: Iterable[str], common: Mapping[str, int]) -> None:
        """Take the words that may be meant, and those that are right as they are."""
        self._known = frozenset(vocabulary)
        self._common = common
        buckets: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._known):  # ties between corrections must not depend on the hash seed
            if len(word) >= _SHORTEST - 1:
                buckets[word[0]].append(word)
        self._buckets = {first: tuple(words) for first, words in buckets.items()}

    def knows(self, word: str) -> bool:
        """Whether a word is in the vocabulary."""
        return word in self._known

    def corrections(self, word: str) -> tuple[str, ...]:
        """Return the nearest words, at most three, best first; nothing for a known, common or short word.

        One edit (Damerau's, as in optimal string alignment) is forgiven from five letters on, two from eight.
        """
        if word in self._known or word in self._common:
            return ()
        return self.nearest(word)

    def nearest(self, word: str) -> tuple[str, ...]:
        """Return the nearest words, also for a common one."""
        if len(word) < _SHORTEST or not word.isalpha():
            return ()
        edits = 2 if len(word) >= _LONG else 1
        bucket = self._buckets.get(word[0], ())
        near = process.extract(word, bucket, scorer=OSA.distance, score_cutoff=edits, limit=_MOST + 1)
        others = [(found, distance) for found, distance, _ in near if found != word]
        return tuple(found for found, distance in others if distance == others[0][1])
