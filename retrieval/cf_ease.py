"""EASE: the item-to-item weights that best reconstruct every person's row from their other items, in closed form."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from retrieval.cf_linear import ItemItem, ItemVocabulary, strongest
from retrieval.interactions import InteractionLog, Mask


@dataclass(frozen=True, slots=True)
class Ease:
    """Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", 2019.

    Time grows with the cube and memory with the square of the number of items (6,000 items: seconds, 150 MB while
    fitting), so only the `max_items` with most people take part; the others score 0, as unknown items do.
    """

    regularisation: float = 200.0
    half_life: float = np.inf
    per_item: int = 300
    max_items: int = 8_000

    @property
    def name(self) -> str:
        """Family and parameters."""
        return f"EASE l={self.regularisation:g}" + aged(self.half_life)

    def learn(self, log: InteractionLog, keep: Mask | None = None) -> ItemItem:
        """Learn from the kept events; that a person met an item counts, not how they liked it."""
        met = log.met(keep).tocsc()
        known = busiest(met, self.max_items)
        met = met[:, known]
        gram = np.asarray((met.T @ met).toarray(), dtype=np.float32)
        weights = strongest(_solve(gram, self.regularisation), self.per_item)
        vocabulary = ItemVocabulary.of([log.items[column] for column in known], self.half_life)
        return ItemItem(self.name, vocabulary, weights)


def _solve(gram: NDArray[np.float32], regularisation: float) -> NDArray[np.float32]:
    """B = I - P diag(1 / diag P), P the inverse of the regularised Gram matrix; single precision suffices."""
    n = len(gram)
    gram[np.diag_indices(n)] += regularisation
    factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    inverse = np.asarray(cho_solve(factor, np.eye(n, dtype=np.float32), overwrite_b=True, check_finite=False))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return np.asarray(weights, dtype=np.float32)


def busiest(met: sparse.csc_matrix, at_most: int) -> NDArray[np.int64]:
    """Columns with at least one entry, at most so many of the fullest, in column order."""
    counts = np.asarray(met.getnnz(axis=0))
    fullest = np.argsort(-counts, kind="stable")[:at_most]
    return np.sort(fullest[counts[fullest] > 0])


def aged(half_life: float) -> str:
    """How a model's name shows its half-life."""
    return "" if np.isinf(half_life) else f" h={half_life:g}"
