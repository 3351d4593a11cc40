"""Linear item-to-item models: a score is a sum over the judged items of their weights to the candidate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from retrieval.errors import IndexUnusable
from retrieval.ports import Scores
from retrieval.postings import first
from retrieval.types import Taste

DENSE = 8_000
"""Up to so many items, scoring many people at once goes through a dense matrix, which is several times faster."""


@dataclass(frozen=True, slots=True)
class ItemVocabulary:
    """The items a model knows, and how a person's signed, ageing judgements become one row over them."""

    ids: tuple[str, ...]
    columns: Mapping[str, int]
    half_life: float
    """After how many newer judgements one counts half; inf: all count alike."""

    @classmethod
    def of(cls, ids: Sequence[str], half_life: float) -> "ItemVocabulary":
        """Number the items in the given order."""
        return cls(tuple(ids), {item_id: column for column, item_id in enumerate(ids)}, half_life)

    def judged(self, tastes: Sequence[Taste]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Columns and aged weights of the known items among `tastes` (oldest first); the newest judgement wins."""
        newest: dict[int, float] = {}
        for age, taste in enumerate(reversed(tastes)):
            column = self.columns.get(taste.item_id)
            if column is not None and taste.weight:
                newest.setdefault(column, taste.weight * 0.5 ** (age / self.half_life))
        columns = np.fromiter(newest.keys(), dtype=np.int64, count=len(newest))
        return columns, np.fromiter(newest.values(), dtype=np.float32, count=len(newest))

    def pick(self, scores: Scores, candidates: Sequence[str]) -> Scores:
        """Scores of candidates, 0 for unknown ones; `scores` has shape (known items,)."""
        padded = np.append(scores, np.float32(0))
        return np.asarray(padded[[self.columns.get(c, -1) for c in candidates]], dtype=np.float32)

    def best(self, scores: Scores, k: int, barred: frozenset[str]) -> list[tuple[str, float]]:
        """Return at most k known items that score above 0 and are not barred, best first, ties by order of ids."""
        left = np.array(scores, dtype=np.float32)
        left[[self.columns[item_id] for item_id in barred if item_id in self.columns]] = 0
        positive = np.flatnonzero(left > 0)
        return [(self.ids[column], float(left[column])) for column in positive[first(left[positive], k)]]


@dataclass(frozen=True, slots=True)
class ItemItem:
    """A CFModel over sparse item-to-item weights, shape (known items, known items), row = judged, column = scored."""

    name: str
    vocabulary: ItemVocabulary
    weights: sparse.csr_matrix

    def scores(self, tastes: Sequence[Taste], candidates: Sequence[str]) -> Scores:
        """Score candidates; see the port."""
        return self.vocabulary.pick(self._all(tastes), candidates)

    def recommend(self, tastes: Sequence[Taste], k: int, exclude: frozenset[str]) -> list[tuple[str, float]]:
        """Recommend from all known items; see the port."""
        barred = exclude | {taste.item_id for taste in tastes}
        return self.vocabulary.best(self._all(tastes), k, barred)

    def contributions(self, tastes: Sequence[Taste], candidate: str) -> list[tuple[str, float]]:
        """Return the exact summands of the candidate's score; see the port."""
        target = self.vocabulary.columns.get(candidate)
        if target is None:
            return []
        columns, weights = self.vocabulary.judged(tastes)
        parts = self.weights[columns][:, [target]].toarray().ravel() * weights
        found = [(self.vocabulary.ids[c], float(p)) for c, p in zip(columns, parts, strict=True) if p]
        return sorted(found, key=lambda part: -part[1])

    def score_rows(self, histories: sparse.csr_matrix) -> NDArray[np.float32]:
        """Score everything for many people at once: (people, known items) aged weights to scores of that shape."""
        if len(self.vocabulary.ids) <= DENSE:
            return np.asarray(histories @ self.weights.toarray(), dtype=np.float32)
        return np.asarray((histories @ self.weights).toarray(), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write `items.npz` into an existing folder."""
        with (folder / "items.npz").open("wb") as file:
            np.savez(
                file,
                name=np.array(self.name),
                half_life=np.array(self.vocabulary.half_life),
                ids=np.array(self.vocabulary.ids, dtype=np.str_),
                data=self.weights.data,
                indices=self.weights.indices,
                indptr=self.weights.indptr,
            )

    @classmethod
    def load(cls, folder: Path) -> "ItemItem":
        """Read what `save` wrote; IndexUnusable if it is not that."""
        path = folder / "items.npz"
        try:
            with np.load(path, allow_pickle=False) as data:
                n = len(data["ids"])
                weights = sparse.csr_matrix((data["data"], data["indices"], data["indptr"]), shape=(n, n))
                weights.check_format(full_check=True)
                known = ItemVocabulary.of(data["ids"].tolist(), float(data["half_life"]))
                return cls(str(data["name"]), known, weights)
        except (OSError, ValueError, KeyError, BadZipFile, EOFError) as error:
            raise IndexUnusable(f"CF model in {str(path)!r} cannot be read ({error}); rebuild the index") from error

    def _all(self, tastes: Sequence[Taste]) -> Scores:
        columns, weights = self.vocabulary.judged(tastes)
        if not len(columns):
            return np.zeros(len(self.vocabulary.ids), dtype=np.float32)
        return np.asarray(self.weights[columns].T @ weights, dtype=np.float32)


def strongest(dense: NDArray[np.float32], per_item: int) -> sparse.csr_matrix:
    """Keep the `per_item` largest weights by size of each column, and ties with the last: memory stays linear."""
    n = dense.shape[0]
    if per_item >= n:
        return sparse.csr_matrix(dense)
    size = np.abs(dense)
    least = np.partition(size, n - per_item, axis=0)[n - per_item]
    return sparse.csr_matrix(np.where(size >= least, dense, np.float32(0)))
