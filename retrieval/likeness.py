"""What the catalogue itself knows of its items, and how close candidates are to the liked ones by it."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from retrieval.ports import Matrix

AT_ONCE = 128
"""The likes of so many people are compared with every item in one product."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of items besides the log, aligned with its items; None for what the catalogue lacks."""

    released: NDArray[np.float64] | None = None
    """Unix seconds, NaN if unknown, shape (items,)."""
    embeddings: Matrix | None = None
    links: sparse.csr_matrix | None = None
    """Weighted facet values per item, as `Graph.links`: (items, values)."""

    def of(self, items: NDArray[np.int64]) -> "Facts":
        """Return the facts of some items, in that order."""
        return Facts(
            None if self.released is None else self.released[items],
            None if self.embeddings is None else np.asarray(self.embeddings[items], dtype=np.float32),
            None if self.links is None else self.links[items],
        )


def linked(histories: sparse.csr_matrix, links: sparse.csr_matrix) -> NDArray[np.float32]:
    """Score as `Graph.scores` does, for many people: liked items' mean link to every item, (people, items)."""
    return np.asarray(((_shares(histories) @ links) @ links.T).toarray(), dtype=np.float32)


def alike(histories: sparse.csr_matrix, embeddings: Matrix) -> NDArray[np.float32]:
    """Mean of the average and of the largest weighted similarity to the liked items, (people, items)."""
    liked = _liked(histories)
    found = np.asarray((_shares(histories) @ embeddings) @ embeddings.T, dtype=np.float32)
    for begin in range(0, histories.shape[0], AT_ONCE):
        ends = liked.indptr[begin : begin + AT_ONCE + 1]
        items, place = np.unique(liked.indices[ends[0] : ends[-1]], return_inverse=True)
        near = embeddings[items] @ embeddings.T
        for row, (start, end) in enumerate(pairwise(ends.tolist()), begin):
            if end > start:
                weighted = zip(place[start - ends[0] : end - ends[0]], liked.data[start:end], strict=True)
                found[row] = (found[row] + np.maximum.reduce([near[p] * weight for p, weight in weighted])) / 2
    return found


def _liked(histories: sparse.csr_matrix) -> sparse.csr_matrix:
    liked = sparse.csr_matrix(histories, dtype=np.float32, copy=True)
    liked.data = np.maximum(liked.data, 0)
    liked.eliminate_zeros()
    return liked


def _shares(histories: sparse.csr_matrix) -> sparse.csr_matrix:
    """Weights of the liked items that add up to 1 per person."""
    liked = _liked(histories)
    mass = np.asarray(liked.sum(axis=1)).ravel()
    return sparse.csr_matrix(sparse.diags_array(1 / np.maximum(mass, 1e-9)) @ liked)
