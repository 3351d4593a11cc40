"""One calibrated score per candidate from many signals: a learned additive model, or reciprocal ranks without one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from scipy.special import expit
from scipy.stats import rankdata

from retrieval.errors import IndexUnusable
from retrieval.ports import Scores

Shape: TypeAlias = Literal["raw", "log", "log_square", "square", "share", "rank"]
"""raw: the value; log: log(1 + value), for counts; log_square and square: the squares of those; share: the value over
the largest among the candidates; rank: -log(rank) among the candidates, ties share their mean rank."""

RRF_K = 60.0
"""The constant of Cormack, Clarke and Buettcher (2009)."""


@dataclass(frozen=True, slots=True)
class Term:
    """One summand of the logit: `weight * (shape(feature) - center) / scale`, so 0 for an ordinary candidate."""

    feature: str
    shape: Shape
    center: float
    scale: float
    weight: float


@dataclass(frozen=True, slots=True)
class Fused:
    """Scores in [0, 1], shape (n,), and what each feature added to them, each of shape (n,)."""

    scores: Scores
    parts: Mapping[str, Scores]


@dataclass(frozen=True, slots=True)
class Fusion:
    """A sum of terms with a Platt calibration; several terms of one feature make a curve of it.

    The score is the probability that a person chooses the candidate rather than an ordinary rival from the same
    list: 0.5 means 'no better than its rivals'.
    """

    terms: tuple[Term, ...]
    slope: float = 1.0
    intercept: float = 0.0

    @property
    def features(self) -> frozenset[str]:
        """Names of the columns that count."""
        return frozenset(term.feature for term in self.terms)

    def fuse(self, columns: Mapping[str, Scores]) -> Fused:
        """Fuse columns of equal length; higher is better in each.

        A missing column, and NaN for a candidate, is an absent signal and adds 0; a column without a term adds
        nothing. `parts` are on the logit scale: the score is expit(intercept + their sum). ValueError for columns of
        different lengths. What follows a colon in a feature's name is left out of its part's: all 'habit:...' make one.
        """
        parts = self._parts(columns)
        total = np.full(_length(columns), self.intercept, dtype=np.float32)
        for part in parts.values():
            total += part
        return Fused(np.asarray(expit(total), dtype=np.float32), parts)

    def logits(self, columns: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Sum the parts for many lists at once: columns of shape (lists, candidates) give logits of that shape."""
        return np.asarray(sum(self._parts(columns).values(), np.float32(self.intercept)), dtype=np.float32)

    def _parts(self, columns: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        parts: dict[str, NDArray[np.float32]] = {}
        for term in self.terms:
            if term.feature in columns:
                part = np.float32(self.slope) * contribution(term, columns[term.feature])
                name = term.feature.partition(":")[0]
                parts[name] = parts[name] + part if name in parts else part
        return parts

    def to_json(self) -> dict[str, object]:
        """Plain values for `fusion.json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: object) -> "Fusion":
        """Read what `to_json` wrote; IndexUnusable for anything else."""
        try:
            return TypeAdapter(Fusion).validate_python(data)
        except ValidationError as error:
            raise IndexUnusable(f"fusion weights cannot be read ({error.error_count()} errors); rebuild it") from error


def contribution(term: Term, column: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what one term adds per candidate; NaN becomes 0. Works along the last axis."""
    value = (shaped(column, term.shape) - np.float32(term.center)) * np.float32(term.weight / term.scale)
    return np.where(np.isnan(value), np.float32(0), value)


def shaped(column: NDArray[np.float32], shape: Shape) -> NDArray[np.float32]:
    """Apply a shape along the last axis; NaN stays NaN."""
    match shape:
        case "raw":
            return np.asarray(column, dtype=np.float32)
        case "log":
            return np.asarray(np.log1p(np.maximum(column, 0.0)), dtype=np.float32)
        case "log_square":
            return np.square(shaped(column, "log"))
        case "square":
            return np.asarray(np.square(column), dtype=np.float32)
        case "share":
            return _shares(np.asarray(column, dtype=np.float32))
        case "rank":
            return np.asarray(-np.log(_ranks(column)), dtype=np.float32)


def reciprocal_rank_fusion(columns: Mapping[str, Scores]) -> Fused:
    """Fuse where nothing was learned (Cormack, Clarke and Buettcher 2009): the sum of 1 / (60 + rank).

    Divided by its largest possible value, so 1 means first in every column; `parts` add up to the score. NaN adds 0.
    """
    n = _length(columns)
    best = max(len(columns), 1) / (RRF_K + 1)
    parts: dict[str, Scores] = {
        name: np.nan_to_num(1 / (RRF_K + _ranks(column)) / best).astype(np.float32) for name, column in columns.items()
    }
    total = np.zeros(n, dtype=np.float32)
    for part in parts.values():
        total += part
    return Fused(np.clip(total, 0.0, 1.0), parts)


def _shares(column: NDArray[np.float32]) -> NDArray[np.float32]:
    """0 throughout where nothing is above 0."""
    largest = np.max(np.where(np.isnan(column), 0, column), axis=-1, keepdims=True, initial=0)
    return np.asarray(np.where(largest > 0, column / np.maximum(largest, 1e-12), column * 0), dtype=np.float32)


def _ranks(column: NDArray[np.float32]) -> NDArray[np.float64]:
    """1 for the best; ties share their mean rank, NaN has none."""
    unknown = np.isnan(column)
    ranks = rankdata(np.where(unknown, np.inf, -np.asarray(column, dtype=np.float64)), axis=-1)
    return np.where(unknown, np.nan, ranks)


def _length(columns: Mapping[str, Scores]) -> int:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"columns of different lengths: {lengths!r}; score every candidate for each feature")
    return next(iter(lengths.values()), 0)
