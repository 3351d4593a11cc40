"""Learn a fusion from choices: in each list one candidate was taken, the others were there to be taken."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from retrieval.fusion import Fusion, Shape, Term

RIDGE = 0.4
"""Weight of the squared coefficients next to the summed log-likelihood of all lists."""

STEPS, POLISH = 100, 40
"""At most so many steps of L-BFGS towards the likelihood, and then towards the smooth NDCG."""

BLUR = 0.5
"""Width, in logits, of the smooth comparison of two candidates."""

Matrix: TypeAlias = NDArray[np.float32]
"""Shape (lists, candidates)."""
Design: TypeAlias = NDArray[np.float32]
"""Standardised terms, shape (lists, candidates, terms)."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of candidates, the taken one first."""

    values: Mapping[tuple[str, Shape], Matrix]
    """Features, shaped over the whole catalogue before the sampling; NaN where unknown."""
    stands_for: Matrix
    """How many items of the catalogue a sampled candidate represents; 0 for an empty place."""


def learn(lists: Lists) -> Fusion:
    """Fit a conditional logit over sampled candidates, sharpen it for the top of the list, calibrate it.

    McFadden 1974; sampled candidates enter the likelihood as often as they stand for items, so that hard ones may be
    over-represented (McFadden 1978); ApproxNDCG (Qin, Liu and Li 2010); Platt 1999. Constant features get no term.
    """
    terms, design = _design(lists)
    if not terms:
        return Fusion(())
    logit = _conditional_logit(design, lists.stands_for)
    weights = _sharpen(design, lists.stands_for, logit)
    fitted = tuple(replace(term, weight=float(w)) for term, w in zip(terms, weights, strict=True))
    slope, intercept = _platt(design @ weights, lists.stands_for)
    return Fusion(fitted, slope, intercept)


def _design(lists: Lists) -> tuple[list[Term], Design]:
    """Terms of weight 0 that standardise each value over the filled places, and what they make of it."""
    filled = lists.stands_for > 0
    terms: list[Term] = []
    columns: list[Matrix] = []
    for (feature, shape), value in lists.values.items():
        known = value[filled & ~np.isnan(value)].astype(np.float64)
        if len(known) and (scale := float(known.std())) > 1e-6:
            term = Term(feature, shape, float(known.mean()), scale, 0.0)
            terms.append(term)
            columns.append(np.nan_to_num((value - np.float32(term.center)) / np.float32(scale)))
    return terms, np.stack(columns, axis=2) if columns else np.zeros((*filled.shape, 0), dtype=np.float32)


def _conditional_logit(design: Design, stands_for: Matrix) -> NDArray[np.float32]:
    """Coefficients that maximise the mean log-probability of the first candidate, less the ridge."""
    flat = design.reshape(-1, design.shape[2])
    taken = design[:, 0].mean(axis=0)
    ridge = RIDGE / len(design)
    with np.errstate(divide="ignore"):
        offset = np.log(stands_for)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        single = weights.astype(np.float32)
        logits = (flat @ single).reshape(offset.shape) + offset
        norm = logsumexp(logits, axis=1, keepdims=True)
        chances = np.exp(logits - norm).astype(np.float32)
        value = float((norm[:, 0] - logits[:, 0]).mean()) + ridge * float(weights @ weights)
        slope = flat.T @ chances.ravel() / len(design) - taken + 2 * ridge * single
        return value, slope.astype(np.float64)

    found = minimize(loss, np.zeros(flat.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    return np.asarray(found.x, dtype=np.float32)


def _sharpen(design: Design, stands_for: Matrix, start: NDArray[np.float32]) -> NDArray[np.float32]:
    """Move coefficients to the nearest maximum of the mean smooth 1 / log2(1 + rank) of the first candidate."""
    flat = design.reshape(-1, design.shape[2])
    rivals, ridge = stands_for[:, 1:], RIDGE / len(design)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        single = weights.astype(np.float32)
        logits = (flat @ single).reshape(stands_for.shape)
        ahead = expit((logits[:, 1:] - logits[:, :1]) / BLUR)
        rank = 1 + (ahead * rivals).sum(axis=1)
        log_rank = np.log1p(rank)
        by_rank = np.log(2) / ((1 + rank) * log_rank**2) / len(design)
        by_logit = np.empty_like(logits)
        by_logit[:, 1:] = by_rank[:, None] * rivals * ahead * (1 - ahead) / BLUR
        by_logit[:, 0] = -by_logit[:, 1:].sum(axis=1)
        drift = single - start
        slope = flat.T @ by_logit.ravel() + 2 * ridge * drift
        return float(-(np.log(2) / log_rank).mean()) + ridge * float(drift @ drift), slope.astype(np.float64)

    found = minimize(loss, start.astype(np.float64), jac=True, method="L-BFGS-B", options={"maxiter": POLISH})
    return np.asarray(found.x, dtype=np.float32)


def _platt(totals: Matrix, stands_for: Matrix) -> tuple[float, float]:
    """Slope and intercept that make expit a probability: the taken one against one rival drawn from its list."""
    rival = totals[:, 1:][stands_for[:, 1:] > 0].astype(np.float64)
    taken = totals[:, 0].astype(np.float64)
    if not len(rival):
        return 1.0, 0.0

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slope, intercept = parameters
        yes, no = slope * taken + intercept, slope * rival + intercept
        miss, alarm = -expit(-yes), expit(no)
        value = float(np.logaddexp(0, -yes).mean() + np.logaddexp(0, no).mean())
        return value, np.array([(miss * taken).mean() + (alarm * rival).mean(), miss.mean() + alarm.mean()])

    bounds = [(1e-3, None), (None, None)]
    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds)
    return float(found.x[0]), float(found.x[1])
