"""Ranking measures for one relevant item per list; ties share their mean rank, so nothing is won by constant scores."""

import numpy as np
from numpy.typing import NDArray


def ranks(scores: NDArray[np.float32], targets: NDArray[np.int64], barred: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Rank of the target in each row, 1 = best, among the items that are not barred; ties count half.

    scores and barred: (lists, items); targets: (lists,) columns, never barred. NaN ranks below everything.
    """
    known = np.nan_to_num(scores, nan=-np.inf)
    own = np.take_along_axis(known, targets[:, None], axis=1)
    better = ((known > own) & ~barred).sum(axis=1)
    equal = ((known == own) & ~barred).sum(axis=1) - 1
    return np.asarray(1 + better + equal / 2, dtype=np.float64)


def hit_rate(ranks: NDArray[np.float64], k: int = 10) -> float:
    """Share of lists whose target is among the first k (HR@k; with one target, also recall)."""
    return float((ranks <= k).mean()) if len(ranks) else 0.0


def ndcg(ranks: NDArray[np.float64], k: int = 10) -> float:
    """Mean of 1 / log2(1 + rank) over lists, 0 beyond k (Järvelin and Kekäläinen 2002, one relevant item)."""
    gains = np.where(ranks <= k, 1 / np.log2(1 + ranks), 0.0)
    return float(gains.mean()) if len(ranks) else 0.0


def interval(values: NDArray[np.float64], *, seed: int = 0, rounds: int = 1000) -> tuple[float, float]:
    """95% bootstrap interval of the mean (Efron 1979, percentiles); (nan, nan) without values."""
    if not len(values):
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    means = [float(rng.choice(values, size=len(values)).mean()) for _ in range(rounds)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
