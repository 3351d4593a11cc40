"""Running text without spaces in words: the likeliest way to cut it, by how common words are."""

from collections.abc import Iterable, Mapping
from math import log

_NAME = 3000
"""A name that is no common word counts as one of this rank."""
_SMOOTH = 2
_UNKNOWN = 4.0
"""What a character that is no word costs beyond the rarest word."""


class Segmenter:
    """Cuts runs of characters into words. Immutable.

    The cost of a word is the logarithm of its rank, which by Zipf's law is that of its improbability up to a constant.
    """

    def __init__(self, ranks: Mapping[str, int], names: Iterable[str]) -> None:
        """Take common words with their ranks (0 = most frequent), and names that are words too."""
        size = max(len(ranks), 2)
        scale = log(log(size) + 1)
        self._costs = {word: log(rank + _SMOOTH) + scale for word, rank in ranks.items() if not word.isascii()}
        for name in names:
            cost = log(_NAME) + scale
            self._costs[name] = min(cost, self._costs.get(name, cost))
        self._strange = log(size) + scale + _UNKNOWN
        self._longest = max(map(len, self._costs), default=1)

    def cut(self, run: str) -> tuple[str, ...]:
        """Return the words of a run, in order; joined they are the run."""
        best = [0.0] * (len(run) + 1)
        back = [0] * (len(run) + 1)
        for end in range(1, len(run) + 1):
            best[end], back[end] = best[end - 1] + self._costs.get(run[end - 1], self._strange), end - 1
            for start in range(max(0, end - self._longest), end - 1):
                cost = self._costs.get(run[start:end])
                if cost is not None and best[start] + cost < best[end]:
                    best[end], back[end] = best[start] + cost, start
        words: list[str] = []
        end = len(run)
        while end:
            words.append(run[back[end] : end])
            end = back[end]
        return tuple(reversed(words))
