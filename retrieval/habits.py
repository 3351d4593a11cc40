"""How a person chooses: what is new, what everybody takes now, or neither; and what that does to a candidate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.interactions import InteractionLog
from retrieval.popularity import DAY, Popularity
from retrieval.ports import Scores

LATELY = 3
"""How many of the newest choices the statistics that end in `_lately` look at."""

STATISTICS = ("many", "pause", "crowd", "crowd_lately", "debut_lately", "new", "new_lately")
"""many: log of how many choices; pause: log of the hours since the last; crowd: mean log of the events that a chosen
item had in the week before; debut: mean freshness in the log; new: mean newness by date, each when it was chosen."""

CROSSED = ("popularity", "popularity_3d", "popularity_30d", "debut", "recency")
"""The columns of `Popularity` that each statistic multiplies; counts as log(1 + count)."""

COUNTS = frozenset(name for name in CROSSED if name.startswith("popularity"))


@dataclass(frozen=True, slots=True)
class Choices:
    """What people chose, flat, grouped by person in ascending order and oldest first; each of shape (choices,)."""

    person: NDArray[np.int64]
    """Which row of the result a choice belongs to."""
    item: NDArray[np.int64]
    """Position in the catalogue."""
    time: NDArray[np.float64]
    """Unix seconds, NaN if unknown."""


@dataclass(frozen=True, slots=True)
class Habits:
    """Statistics of people's choices, as deviations from what is usual in the log."""

    popularity: Popularity
    usual: NDArray[np.float64]
    """Mean of each statistic over the log, shape (statistics,): who chooses as usual changes nothing."""

    @classmethod
    def of(cls, log: InteractionLog, popularity: Popularity) -> "Habits":
        """Learn what is usual; NaN, so no habit at all, where the log has no times."""
        timed = np.flatnonzero(log.timed())
        order = timed[np.argsort(log.user[timed], kind="stable")]
        traits = _traits(popularity, log.item[order].astype(np.int64), log.time[order])
        pauses = np.diff(log.time[order])[np.diff(log.user[order]) == 0]
        counts = np.bincount(log.user[order]) if len(order) else np.zeros(0)
        crowd, debut, new = (_mean(trait) for trait in traits)
        many, pause = _mean(np.log1p(counts[counts > 0])), _mean(np.log1p(pauses / 3600))
        return cls(popularity, np.array([many, pause, crowd, crowd, debut, new, new]))

    def columns(
        self, choices: Choices, moments: NDArray[np.float64], common: Mapping[str, NDArray[np.float32]]
    ) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Yield columns 'habit:<statistic>*<column>', each of shape (people, items), NaN where nothing is known.

        moments: (people,) unix seconds, after all their choices; common: columns of `Popularity`, (people, items).
        """
        deviations = (self._statistics(choices, moments) - self.usual).astype(np.float32)
        for name in CROSSED:
            column = np.log1p(common[name]) if name in COUNTS else common[name]
            for which, statistic in enumerate(STATISTICS):
                yield f"habit:{statistic}*{name}", deviations[:, which, None] * column

    def of_one(
        self, items: NDArray[np.int64], times: NDArray[np.float64], moment: float, common: Mapping[str, Scores]
    ) -> dict[str, Scores]:
        """Return `columns` of one person, each of shape (items,)."""
        choices = Choices(np.zeros(len(items), dtype=np.int64), items, times)
        rows = {name: common[name][None] for name in CROSSED}
        return {name: column[0] for name, column in self.columns(choices, np.array([moment]), rows)}

    def _statistics(self, choices: Choices, moments: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shape (people, statistics), NaN where a person has no choice that tells."""
        n = len(moments)
        counts = np.bincount(choices.person, minlength=n)
        ends = np.cumsum(counts)
        lately = ends[choices.person] - np.arange(len(choices.person)) <= LATELY
        last = np.full(n, np.nan)
        last[counts > 0] = choices.time[ends[counts > 0] - 1]
        crowd, debut, new = _traits(self.popularity, choices.item, choices.time)
        every = np.ones(len(choices.person), dtype=np.bool_)
        return np.stack(
            [
                np.where(counts > 0, np.log1p(counts), np.nan),
                np.log1p(np.maximum(moments - last, 0) / 3600),
                _person_mean(crowd, choices.person, every, n),
                _person_mean(crowd, choices.person, lately, n),
                _person_mean(debut, choices.person, lately, n),
                _person_mean(new, choices.person, every, n),
                _person_mean(new, choices.person, lately, n),
            ],
            axis=1,
        )


def _traits(
    popularity: Popularity, items: NDArray[np.int64], times: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Crowd, debut and newness of items when they were chosen; NaN without a time."""
    known = ~np.isnan(times)
    crowd = np.where(known, np.log1p(popularity.counts_at(items, times, 7 * DAY)), np.nan)
    return crowd, popularity.debut_at(items, times), popularity.newness_at(items, times)


def _person_mean(
    values: NDArray[np.float64], person: NDArray[np.int64], among: NDArray[np.bool_], n: int
) -> NDArray[np.float64]:
    told = among & ~np.isnan(values)
    count = np.bincount(person[told], minlength=n)
    total = np.bincount(person[told], weights=values[told], minlength=n)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _mean(values: NDArray[np.float64]) -> float:
    told = values[~np.isnan(values)]
    return float(told.mean()) if len(told) else float("nan")
