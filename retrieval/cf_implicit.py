"""Collaborative filtering with the library `implicit`: item nearest neighbours and alternating least squares."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import CosineRecommender
from implicit.utils import ParameterWarning
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve
from threadpoolctl import threadpool_limits

from retrieval.cf_ease import aged, busiest
from retrieval.cf_linear import ItemItem, ItemVocabulary
from retrieval.errors import IndexUnusable
from retrieval.interactions import InteractionLog, Mask
from retrieval.popularity import DAY
from retrieval.ports import Scores
from retrieval.types import Taste


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Item kNN by cosine similarity of the sets of people who met the items (Sarwar et al. 2001)."""

    neighbours: int = 300
    half_life: float = np.inf
    window_days: float = np.inf
    """Only events of so many days before the newest count, where events have times."""
    max_items: int = 200_000
    """Only so many items with most people take part: with 300 neighbours each, some 500 MB."""

    @property
    def name(self) -> str:
        """Family and parameters."""
        window = "" if np.isinf(self.window_days) else f" of {self.window_days:g} days"
        return f"item kNN k={self.neighbours}{window}" + aged(self.half_life)

    def learn(self, log: InteractionLog, keep: Mask | None = None) -> ItemItem:
        """Learn from the kept events; that a person met an item counts, not how they liked it."""
        met = log.met(self._window(log, keep))
        known = busiest(met.tocsc(), self.max_items)
        library = CosineRecommender(K=self.neighbours + 1, num_threads=1)
        with warnings.catch_warnings():
            # The library warns of a conversion that it asks of itself.
            warnings.simplefilter("ignore", ParameterWarning)
            library.fit(sparse.csr_matrix(met[:, known], dtype=np.float64), show_progress=False)
        weights = sparse.csr_matrix(library.similarity, dtype=np.float32)
        weights.setdiag(0)
        weights.eliminate_zeros()
        return ItemItem(self.name, ItemVocabulary.of([log.items[c] for c in known], self.half_life), weights)

    def _window(self, log: InteractionLog, keep: Mask | None) -> Mask:
        kept = np.ones(len(log), dtype=np.bool_) if keep is None else keep
        times = log.time[kept & log.timed()]
        if np.isinf(self.window_days) or not len(times):
            return kept
        return np.asarray(kept & (log.time >= float(times.max()) - self.window_days * DAY))


@dataclass(frozen=True, slots=True)
class Factors:
    """ALS for implicit feedback (Hu, Koren and Volinsky 2008): weights are confidences, negative ones dislikes."""

    factors: int = 32
    regularisation: float = 10.0
    confidence: float = 5.0
    iterations: int = 8
    half_life: float = np.inf
    seed: int = 0

    @property
    def name(self) -> str:
        """Family and parameters."""
        return f"ALS f={self.factors} l={self.regularisation:g} a={self.confidence:g}" + aged(self.half_life)

    def learn(self, log: InteractionLog, keep: Mask | None = None) -> "Als":
        """Learn from the signed weights of the kept events."""
        met = log.matrix(keep)
        known = busiest(met.tocsc(), met.shape[1])
        with threadpool_limits(1, "blas"):
            library = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularisation,
                alpha=self.confidence,
                iterations=self.iterations,
                num_threads=1,
                random_state=self.seed,
            )
            library.fit(sparse.csr_matrix(met[:, known], dtype=np.float32), show_progress=False)
        vocabulary = ItemVocabulary.of([log.items[c] for c in known], self.half_life)
        return Als(self.name, vocabulary, np.array(library.item_factors), self.regularisation, self.confidence)


@dataclass(frozen=True)
class Als:
    """A CFModel of item factors, shape (known items, factors); a person's factors are solved for at every call."""

    name: str
    vocabulary: ItemVocabulary
    items: NDArray[np.float32]
    regularisation: float
    confidence: float

    def scores(self, tastes: Sequence[Taste], candidates: Sequence[str]) -> Scores:
        """Score candidates; see the port."""
        return self.vocabulary.pick(self._all(tastes), candidates)

    def recommend(self, tastes: Sequence[Taste], k: int, exclude: frozenset[str]) -> list[tuple[str, float]]:
        """Recommend from all known items; see the port."""
        barred = exclude | {taste.item_id for taste in tastes}
        return self.vocabulary.best(self._all(tastes), k, barred)

    def contributions(self, tastes: Sequence[Taste], candidate: str) -> list[tuple[str, float]]:
        """Decompose a score as in section 5 of Hu, Koren and Volinsky (2008).

        A dislike has no summand of its own: it changes how much every like counts.
        """
        target = self.vocabulary.columns.get(candidate)
        columns, weights = self.vocabulary.judged(tastes)
        if target is None or not len(columns):
            return []
        near, pull = self._equation(columns, weights)
        towards = np.asarray(cho_solve(cho_factor(near), self.items[target].astype(np.float64)))
        parts = (self.items[columns] @ towards) * pull
        found = [(self.vocabulary.ids[c], float(p)) for c, p in zip(columns, parts, strict=True) if p]
        return sorted(found, key=lambda part: -part[1])

    def score_rows(self, histories: sparse.csr_matrix) -> NDArray[np.float32]:
        """Score everything for many people at once: (people, known items) aged weights to scores of that shape."""
        found = [self._equation(row.indices.astype(np.int64), row.data) for row in histories]
        pulls = [self.items[row.indices].T @ pull for row, (_, pull) in zip(histories, found, strict=True)]
        factors = self.items.shape[1]
        near = np.array([near for near, _ in found]).reshape(-1, factors, factors)
        people = np.linalg.solve(near, np.array(pulls).reshape(-1, factors, 1))[..., 0].astype(np.float32)
        return np.asarray(people @ self.items.T, dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write `factors.npz` into an existing folder."""
        with (folder / "factors.npz").open("wb") as file:
            np.savez(
                file,
                name=np.array(self.name),
                half_life=np.array(self.vocabulary.half_life),
                ids=np.array(self.vocabulary.ids, dtype=np.str_),
                items=self.items,
                regularisation=np.array(self.regularisation),
                confidence=np.array(self.confidence),
            )

    @classmethod
    def load(cls, folder: Path) -> "Als":
        """Read what `save` wrote; IndexUnusable if it is not that."""
        path = folder / "factors.npz"
        try:
            with np.load(path, allow_pickle=False) as data:
                known = ItemVocabulary.of(data["ids"].tolist(), float(data["half_life"]))
                settings = float(data["regularisation"]), float(data["confidence"])
                model = cls(str(data["name"]), known, np.asarray(data["items"], dtype=np.float32), *settings)
        except (OSError, ValueError, KeyError, BadZipFile, EOFError) as error:
            raise IndexUnusable(f"CF model in {str(path)!r} cannot be read ({error}); rebuild the index") from error
        if model.items.ndim != 2 or len(model.items) != len(known.ids):
            raise IndexUnusable(
                f"CF model in {str(path)!r} has factors of shape {model.items.shape!r}; rebuild the index"
            )
        return model

    @cached_property
    def _gram(self) -> NDArray[np.float64]:
        items = self.items.astype(np.float64)
        return np.asarray(items.T @ items + self.regularisation * np.eye(items.shape[1]))

    def _all(self, tastes: Sequence[Taste]) -> Scores:
        columns, weights = self.vocabulary.judged(tastes)
        if not len(columns):
            return np.zeros(len(self.vocabulary.ids), dtype=np.float32)
        return np.asarray(self.items @ self._person(columns, weights), dtype=np.float32)

    def _person(self, columns: NDArray[np.int64], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        near, pull = self._equation(columns, weights)
        return np.asarray(cho_solve(cho_factor(near), self.items[columns].T @ pull), dtype=np.float32)

    def _equation(
        self, columns: NDArray[np.int64], weights: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Left side (factors, factors) and each judgement's pull; as `implicit` solves it: confidences start at 1."""
        met = self.items[columns].astype(np.float64)
        sure = self.confidence * np.abs(weights.astype(np.float64))
        near = self._gram + met.T @ (met * (np.maximum(sure, 1) - 1)[:, None])
        return near, np.where(weights > 0, sure, 0.0)
