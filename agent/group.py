"""One list for several people: nobody should dislike it. Pure.

Each item is worth to the group what it is worth to the person who likes it least (least misery). Scores of different
people are not comparable: each first becomes a place within the pool, 1 for the best, 0 for the last.
"""

from collections.abc import Sequence

import numpy as np

POOL = 40
"""Candidates of the joint taste that the members choose among."""


def fair_order(members: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Order the positions of a pool, which is given in the order of the joint taste, by the least of the places.

    `members` holds one score per position for each person; ties, and a pool without members, keep the joint order.
    """
    if not members:
        return ()
    least = np.minimum.reduce([_places(scores) for scores in members])
    return tuple(np.argsort(-least, kind="stable").tolist())


def _places(scores: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Share of the pool that an item is at least as good as, from 0 to 1; equals share a place."""
    values = np.asarray(scores, dtype=np.float64)
    return np.searchsorted(np.sort(values), values, side="left") / max(len(values) - 1, 1)
