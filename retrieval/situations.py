"""Held-out choices with everything a ranker may know at their moments: for learning, and for measuring."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from retrieval import metrics
from retrieval.fusion import Shape, shaped
from retrieval.holdout import Holdout
from retrieval.learn import Lists

BLOCK_CELLS = 1_000_000
"""How many (choice, item) cells are worked on at once: memory stays bounded however many items there are."""

HARD, RANDOM = 80, 40
"""Candidates per learning list: those that single sources put first, and a sample of the rest."""

Rows: TypeAlias = NDArray[np.int64]
"""Some rows of a holdout, ascending and without gaps."""
Columns: TypeAlias = Mapping[str, NDArray[np.float32]]
"""Feature columns, each of shape (rows, items)."""


@dataclass(frozen=True, slots=True)
class Situations:
    """A holdout and its feature columns, which are computed block by block."""

    holdout: Holdout
    columns: Callable[[Rows], Columns]

    def blocks(self) -> Iterator[tuple[Rows, NDArray[np.bool_]]]:
        """Yield rows and, per row, which items are out of the question, shape (rows, items)."""
        step = max(1, BLOCK_CELLS // max(self.holdout.items, 1))
        barred = self.holdout.barred
        for start in range(0, len(self.holdout), step):
            rows = np.arange(start, min(start + step, len(self.holdout)))
            yield rows, barred(rows)

    def ranks(self, score: Callable[[Columns], NDArray[np.float32]]) -> NDArray[np.float64]:
        """Rank of each held-out item among all items that are not barred; `score` gives (rows, items)."""
        found = [
            metrics.ranks(score(self.columns(rows)), self.holdout.target[rows], barred)
            for rows, barred in self.blocks()
        ]
        return np.concatenate(found) if found else np.zeros(0)

    def lists(self, shapes: Mapping[str, Sequence[Shape]], hard: Sequence[str], seed: int) -> Lists:
        """Sample lists for learning: the chosen item, what the `hard` columns put first, and a few of the rest.

        shapes: how each feature enters, by the part of its name before a colon; features without one stay out.
        """
        rng = np.random.default_rng(seed)
        parts: list[Lists] = []
        for rows, barred in self.blocks():
            columns = self.columns(rows)
            hardest = [columns[name] for name in hard if name in columns]
            chosen, stands_for = _sample(self.holdout.target[rows], barred, hardest, rng)
            values = {
                (name, shape): _picked(column, shape, chosen)
                for name, column in columns.items()
                for shape in shapes.get(name.partition(":")[0], ())
            }
            parts.append(Lists(values, stands_for))
        values = {key: np.concatenate([part.values[key] for part in parts]) for key in parts[0].values}
        return Lists(values, np.concatenate([part.stands_for for part in parts]))


def _picked(column: NDArray[np.float32], shape: Shape, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
    """A shaped column of the chosen items; only ranks and shares depend on the others."""
    if shape in ("rank", "share"):
        return np.take_along_axis(shaped(column, shape), chosen, axis=1)
    return shaped(np.take_along_axis(column, chosen, axis=1), shape)


def _sample(
    target: NDArray[np.int64],
    barred: NDArray[np.bool_],
    hardest: Sequence[NDArray[np.float32]],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Items per list, the target first, and how many each stands for; both of shape (rows, candidates)."""
    out = barred.copy()
    out[np.arange(len(target)), target] = True
    n_hard = min(HARD, out.shape[1] - 1)
    places = np.minimum.reduce([_places(column, out, n_hard) for column in hardest])
    near = np.argpartition(places, n_hard - 1, axis=1)[:, :n_hard]
    draw = np.where(out, 2.0, rng.random(out.shape))
    np.put_along_axis(draw, near, 2.0, axis=1)
    n_random = min(RANDOM, out.shape[1] - n_hard)
    rest = np.argpartition(draw, n_random - 1, axis=1)[:, :n_random]
    left = (draw < 2).sum(axis=1, keepdims=True)
    each = left / np.maximum(np.minimum(left, n_random), 1)
    alone = np.ones((len(target), 1))
    is_near = ~np.take_along_axis(out, near, axis=1)
    is_rest = np.take_along_axis(draw, rest, axis=1) < 2
    stands_for = np.concatenate([alone, is_near, np.where(is_rest, each, 0)], axis=1)
    return np.concatenate([target[:, None], near, rest], axis=1), stands_for.astype(np.float32)


def _places(column: NDArray[np.float32], out: NDArray[np.bool_], most: int) -> NDArray[np.int64]:
    """0 for the best that is not out, and so on; those beyond `most` share a place, those that are out come last."""
    known = np.where(out, np.float32(np.inf), -np.nan_to_num(column, nan=-np.inf))
    best = np.argpartition(known, most - 1, axis=1)[:, :most]
    order = np.argsort(np.take_along_axis(known, best, axis=1), axis=1, kind="stable")
    places = np.full(column.shape, most, dtype=np.int64)
    np.put_along_axis(places, np.take_along_axis(best, order, axis=1), np.arange(most)[None], axis=1)
    return places + np.where(out, out.shape[1], 0)
