"""Maximal marginal relevance: a list that does not say the same thing twice (Carbonell and Goldstein 1998). Pure."""

import numpy as np
from numpy.typing import NDArray

from retrieval.ports import Matrix, Scores
from retrieval.types import Spread


def mmr(vectors: Matrix, scores: Scores, k: int, diversity: float) -> NDArray[np.int64]:
    """Choose at most k rows, in the order in which they are to be shown.

    vectors: (n, d), unit rows. scores: (n,), higher is better, scaled here to [0, 1] over the n rows. diversity: 0
    gives the order of the scores (ties by row), 1 looks only at how unlike the chosen ones a row is. The first row is
    always the best. Each further one maximises (1 - diversity) * score - diversity * its largest cosine similarity to
    a chosen row. ValueError for a diversity outside [0, 1] or lengths that differ.
    """
    if not 0 <= diversity <= 1:
        raise ValueError(f"diversity {diversity!r} is outside [0, 1]")
    if len(vectors) != len(scores):
        raise ValueError(f"{len(vectors)} vectors for {len(scores)} scores; give one score per vector")
    order = np.argsort(-scores, kind="stable")
    size = max(min(k, len(order)), 0)
    if diversity == 0 or size <= 1:
        return np.asarray(order[:size], dtype=np.int64)
    rows = vectors[order]
    worth = (1 - diversity) * _unit(scores[order])
    nearest = rows @ rows[0]
    left = np.ones(len(order), dtype=np.bool_)
    left[0], chosen = False, [0]
    while len(chosen) < size:
        best = int(np.argmax(np.where(left, worth - diversity * nearest, -np.inf)))
        left[best] = False
        chosen.append(best)
        nearest = np.maximum(nearest, rows @ rows[best])
    return np.asarray(order[chosen], dtype=np.int64)


def spread(vectors: Matrix, scores: Scores, chosen: NDArray[np.int64], diversity: float) -> Spread:
    """Measure what choosing these rows did, next to as many of the highest scores.

    vectors: (n, d), unit rows. scores: (n,), not negative. chosen: at least two rows. ValueError for fewer.
    """
    if len(chosen) < 2:
        raise ValueError(f"{len(chosen)} rows have no variety; give two or more")
    best = np.argsort(-scores, kind="stable")[: len(chosen)]
    most = float(scores[best].sum())
    kept = min(float(scores[chosen].sum()) / most, 1.0) if most > 0 else 1.0
    return Spread(diversity, variety(vectors[chosen]), variety(vectors[best]), kept)


def variety(vectors: Matrix) -> float:
    """Mean cosine distance of two different rows, in [0, 2] (intra-list diversity, Ziegler et al. 2005)."""
    n = len(vectors)
    cosines = vectors @ vectors.T
    return float(np.clip(1 - (cosines.sum() - np.trace(cosines)) / (n * (n - 1)), 0.0, 2.0))


def _unit(scores: Scores) -> Scores:
    low, high = float(scores.min()), float(scores.max())
    return np.zeros_like(scores) if high <= low else np.asarray((scores - low) / (high - low), dtype=np.float32)
