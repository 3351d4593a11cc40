"""What people were doing just before any moment, to the second and never from the future: counts, growth, newness."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retrieval.interactions import InteractionLog
from retrieval.ports import Scores

DAY = 86_400.0
"""Seconds."""
YEAR = 365.25 * DAY

WINDOWS: Mapping[str, float] = {
    "popularity_1d": DAY,
    "popularity_3d": 3 * DAY,
    "popularity_7d": 7 * DAY,
    "popularity_14d": 14 * DAY,
    "popularity_30d": 30 * DAY,
}
"""Feature names and lengths in seconds of the windows that end at the moment asked about."""


@dataclass(frozen=True)
class Popularity:
    """The timed events of a log in order, and per item what has no time: other events, a date of release."""

    time: NDArray[np.float64]
    """Unix seconds, ascending, shape (events,)."""
    item: NDArray[np.int64]
    untimed: NDArray[np.float32]
    """Events without a time, shape (items,): they count at every moment."""
    released: NDArray[np.float64]
    """Unix seconds, NaN if unknown, shape (items,)."""

    @classmethod
    def of(cls, log: InteractionLog, released: NDArray[np.float64] | None = None) -> "Popularity":
        """Read a log. `released` is a date facet of the items in unix seconds, in the order of `log.items`."""
        timed = log.timed()
        n = len(log.items)
        untimed = np.bincount(log.item[~timed], minlength=n).astype(np.float32)
        known = np.full(n, np.nan) if released is None else released
        return cls(log.time[timed], log.item[timed].astype(np.int64), untimed, known)

    def now(self, as_of: float | None) -> dict[str, Scores]:
        """Columns at one moment, each of shape (items,), and 'popularity_untimed', the events without a time.

        Without a moment, only the counts that need none.
        """
        ever = np.bincount(self.item, minlength=len(self.untimed)).astype(np.float32)
        untimed = {"popularity_untimed": self.untimed}
        if as_of is None:
            return {"popularity": self.untimed + ever, **untimed}
        return {**{name: column[0] for name, column in self.columns(np.array([as_of])).items()}, **untimed}

    def columns(self, moments: NDArray[np.float64]) -> dict[str, NDArray[np.float32]]:
        """Columns at many moments (unix seconds, any order), each (moments, items); only earlier events count.

        popularity, popularity_<n>d: events ever, and in the last n days. trend: events of the last week beyond the
        weekly average of the last 30 days. debut: -log(1 + days since the first event), NaN before it. recency:
        -log(1 + years since release), or since the first event where the catalogue has no date; NaN if unknown.
        """
        before = self._before(moments)
        found = {name: before - self._before(moments - length) for name, length in WINDOWS.items()}
        found["trend"] = found["popularity_7d"] - found["popularity_30d"] * np.float32(7 / 30)
        found["debut"] = np.where(before > 0, _fading(moments[:, None] - self._first, DAY), np.nan).astype(np.float32)
        born = (before > 0) | ~np.isnan(self.released)
        found["recency"] = np.where(born, _fading(moments[:, None] - self._born, YEAR), np.nan).astype(np.float32)
        return {"popularity": before + self.untimed, **found}

    def counts_at(self, items: NDArray[np.int64], moments: NDArray[np.float64], length: float) -> NDArray[np.float64]:
        """Events of one item each in the `length` seconds before a moment each; arrays of one shape."""
        key, stride = self._keys
        until = np.searchsorted(key, items * stride + np.searchsorted(self.time, moments, side="left"))
        since = np.searchsorted(key, items * stride + np.searchsorted(self.time, moments - length, side="left"))
        return (until - since).astype(np.float64)

    def debut_at(self, items: NDArray[np.int64], moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return 'debut' of one item each at a moment each; 0 for the first event itself."""
        return _fading(moments - self._first[items], DAY)

    def newness_at(self, items: NDArray[np.int64], moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return 'recency' of one item each at a moment each."""
        return _fading(moments - self._born[items], YEAR)

    def _before(self, moments: NDArray[np.float64]) -> NDArray[np.float32]:
        """Timed events per item strictly before each moment: one walk through the log."""
        found = np.empty((len(moments), len(self.untimed)), dtype=np.float32)
        running = np.zeros(len(self.untimed), dtype=np.float32)
        order = np.argsort(moments, kind="stable")
        ends = np.searchsorted(self.time, moments[order], side="left")
        start = 0
        for row, end in zip(order.tolist(), ends.tolist(), strict=True):
            if end - start > len(running) // 8:
                running += np.bincount(self.item[start:end], minlength=len(running))
            else:
                np.add.at(running, self.item[start:end], 1)
            start = end
            found[row] = running
        return found

    @cached_property
    def _keys(self) -> tuple[NDArray[np.int64], int]:
        """Events as item * stride + order in time, ascending: one search finds any item's events before a moment."""
        stride = len(self.time) + 1
        return np.sort(self.item * stride + np.arange(len(self.time))), stride

    @cached_property
    def _first(self) -> NDArray[np.float64]:
        """Time of each item's first event, inf if it has none."""
        first = np.full(len(self.untimed), np.inf)
        np.minimum.at(first, self.item, self.time)
        return first

    @cached_property
    def _born(self) -> NDArray[np.float64]:
        """Release, or the first event, inf if neither is known."""
        return np.where(np.isnan(self.released), self._first, self.released)


def _fading(age: NDArray[np.float64], unit: float) -> NDArray[np.float64]:
    """-log(1 + age); what is not born yet is as new as can be."""
    return np.asarray(-np.log1p(np.maximum(age, 0) / unit), dtype=np.float64)
