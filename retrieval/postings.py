"""Columns of a sparse matrix as lists of rows: weighted sums of a few columns, without a look at every row."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from retrieval.ports import Scores


@dataclass(frozen=True)
class Postings:
    """Per column the rows that hold it, ascending, and what each weighs there. Immutable."""

    size: int
    """How many rows there are."""
    ends: NDArray[np.int64]
    """Column c holds entries ends[c] to ends[c + 1] (exclusive)."""
    rows: NDArray[np.int32]
    """Shape (entries,); may be memory-mapped."""
    worth: NDArray[np.float32] | None = None
    """Above 0, shape (entries,); None: each weighs 1."""
    long: int = 20_000
    """Before a column of more rows is added up, `best` sees whether it can still change what comes first."""

    @classmethod
    def of(cls, held: sparse.csc_matrix, *, weighted: bool) -> "Postings":
        """Read a matrix of positive entries; unweighted, only where it has them counts."""
        held = sparse.csc_matrix(held)
        held.sort_indices()
        worth = held.data.astype(np.float32) if weighted else None
        return cls(held.shape[0], held.indptr.astype(np.int64), held.indices.astype(np.int32), worth)

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many rows hold each column."""
        return np.diff(self.ends)

    def holding(self, column: int) -> NDArray[np.int32]:
        """Rows that hold a column, ascending."""
        return self.rows[self.ends[column] : self.ends[column + 1]]

    def sums(self, weights: Mapping[int, float]) -> Scores:
        """Sum the weighted columns for every row, shape (size,)."""
        total = np.zeros(self.size, dtype=np.float32)
        for column, weight in weights.items():
            self._add(column, weight, total)
        return total

    def sums_at(self, weights: Mapping[int, float], rows: NDArray[np.int64]) -> Scores:
        """Return `sums` of some rows only, in any order, shape (len(rows),)."""
        total, wanted = np.zeros(len(rows), dtype=np.float32), rows.astype(np.int32)
        for column, weight in weights.items():
            held = self.holding(column)
            if not len(held):
                continue
            place = np.minimum(np.searchsorted(held, wanted), len(held) - 1)
            worth = np.float32(1) if self.worth is None else self.worth[self.ends[column] + place]
            total += np.where(held[place] == wanted, np.float32(weight) * worth, np.float32(0))
        return total

    def best(self, weights: Mapping[int, float], mask: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
        """Rows in the mask with the at most k largest sums above 0, ties by row. Weights are positive.

        MaxScore (Turtle and Flood 1995): once k rows lead by more than all columns left can add, only they and what
        can still overtake them are looked at.
        """
        bounds = {column: weight * self._largest(column) for column, weight in weights.items()}
        order = sorted(bounds, key=lambda column: -bounds[column])
        total, left = np.zeros(self.size, dtype=np.float32), sum(bounds.values())
        for done, column in enumerate(order):
            if len(self.holding(column)) > self.long:
                rows = np.flatnonzero((total > 0) & mask)
                least = np.partition(total[rows], -k)[-k] if len(rows) >= k > 0 else np.float32(0)
                if least > left:
                    rows = rows[total[rows] + np.float32(left * 1.001) >= least]
                    rest = {c: weights[c] for c in order[done:]}
                    return rows[first(total[rows] + self.sums_at(rest, rows), k)]
            self._add(column, weights[column], total)
            left -= bounds[column]
        rows = np.flatnonzero((total > 0) & mask)
        return rows[first(total[rows], k)]

    def _add(self, column: int, weight: float, total: Scores) -> None:
        start, end = self.ends[column : column + 2]
        worth = np.float32(1) if self.worth is None else self.worth[start:end]
        total[self.rows[start:end]] += np.float32(weight) * worth

    def _largest(self, column: int) -> float:
        return 1.0 if self.worth is None else float(self._tops[column])

    @cached_property
    def _tops(self) -> NDArray[np.float32]:
        """The largest weight in each column, 0 for an empty one."""
        worth = np.zeros(0, dtype=np.float32) if self.worth is None else self.worth
        tops = np.zeros(len(self.ends) - 1, dtype=np.float32)
        filled = np.flatnonzero(self.counts)
        if len(filled):
            tops[filled] = np.maximum.reduceat(worth, self.ends[filled])
        return tops


def first(scores: NDArray[np.float32] | NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Positions of the at most k largest scores, best first, ties by position; what NaN is never comes."""
    known = scores if not np.isnan(scores).any() else np.where(np.isnan(scores), -np.inf, scores)
    if k <= 0:
        return np.empty(0, dtype=np.int64)
    if k < len(known):
        least = np.partition(known, len(known) - k)[len(known) - k]
        above = np.flatnonzero(known > least)
        chosen = np.sort(np.concatenate([above, np.flatnonzero(known == least)[: k - len(above)]]))
    else:
        chosen = np.arange(len(known))
    return np.asarray(chosen[np.argsort(-known[chosen], kind="stable")], dtype=np.int64)
