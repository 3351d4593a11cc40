"""What a model would have said then: it is fitted on slices of the log and asked only about later moments."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from retrieval.cf import Model
from retrieval.interactions import InteractionLog, Mask


class Recipe(Protocol):
    """A family of CF models with its parameters."""

    @property
    def name(self) -> str:
        """The family and its parameters, as shown in the validation table."""

    def learn(self, log: InteractionLog, keep: Mask | None = None) -> Model:
        """Learn from the kept events of a log."""


def scores_then(
    recipe: Recipe,
    log: InteractionLog,
    moments: NDArray[np.float64],
    histories: Sequence[sparse.csr_matrix],
    slices: int,
) -> list[NDArray[np.float32]]:
    """Score every item for each history, (rows, items), with the newest model that ends at its moment or earlier.

    Models are fitted at `slices` quantiles of the moments (unix seconds, shape (rows,)), on events strictly before.
    Rows before the first useful model score 0.
    """
    cuts = np.unique(np.quantile(moments, np.arange(slices) / slices))
    which = np.searchsorted(cuts, moments, side="right") - 1
    found = [np.zeros(rows.shape, dtype=np.float32) for rows in histories]
    for number, cut in enumerate(cuts):
        keep, asked = log.time < cut, np.flatnonzero(which == number)
        if keep.any() and len(asked):
            model = recipe.learn(log, keep)
            for scores, rows in zip(found, histories, strict=True):
                scores[asked] = score(model, log, rows[asked])
    return found


def score(model: Model, log: InteractionLog, rows: sparse.csr_matrix) -> NDArray[np.float32]:
    """Score every item of a log for each row of weights over them, shape of `rows`, 0 for items it does not know."""
    place = {item_id: column for column, item_id in enumerate(log.items)}
    known = np.array([place[item_id] for item_id in model.vocabulary.ids], dtype=np.int64)
    found = np.zeros(rows.shape, dtype=np.float32)
    found[:, known] = model.score_rows(rows[:, known])
    return found
