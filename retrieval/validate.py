"""From a log to everything that ranks by it: the CF model, the learned fusions, and the table that says how well."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retrieval.cf import Model
from retrieval.cf_ease import Ease
from retrieval.fusion import Fusion
from retrieval.holdout import core, only
from retrieval.interactions import InteractionLog
from retrieval.likeness import Facts
from retrieval.manifest import Measured
from retrieval.validate_next import LATELY, Competitor, Next, validate_next
from retrieval.validate_taste import Tasted, validate_taste

LEAST_PEOPLE, LEAST_ITEMS = 50, 20
"""A smaller core of timed events teaches nothing about what comes next."""

MOST_ITEMS, MOST_PEOPLE = 12_000, 50_000
"""Fusions are learned, and filters compared, on so many items that most people met, and on so many people drawn by
chance: what a signal is worth shows in the part where there are signals. The models that serve learn from all, each up
to a size of its own (`max_items`)."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What a build keeps. Where a log is too small for a part, the part is None and a warning says so."""

    cf: Model | None = None
    """For stated tastes: the features 'cf' and 'last'. Fitted, as the others, on the whole log."""
    met: Model | None = None
    """For logged histories: 'met' and 'met_last', from what a person chose, whether or not they liked it."""
    lately: Model | None = None
    """What goes with what these weeks: 'lately', from the same."""
    next: Fusion | None = None
    """What will a person with a logged history choose next?"""
    taste: Fusion | None = None
    """Which item do people like who judged some others?"""
    measured: tuple[Measured, ...] = ()
    warnings: tuple[str, ...] = ()


def validate(log: InteractionLog, facts: Facts, seed: int = 0) -> Learned:
    """Choose, learn and measure; `facts` are of the log's items, in their order. Deterministic for a seed."""
    if not len(log):
        return Learned(warnings=("no interactions: content only",))
    part = _manageable(log, seed)
    facts = facts if part is log else facts.of(_positions(part, log))
    small = core(part)
    following = None
    if len(small.users) >= LEAST_PEOPLE and len(small.items) >= LEAST_ITEMS:
        following = validate_next(small, facts.of(_positions(small, part)), seed)
    tasted = validate_taste(part, facts, seed)
    if tasted is None and following is None:
        return Learned(warnings=(f"only {len(log):,} interactions of {len(log.users):,} people: content only",))
    return Learned(
        cf=_served(tasted.recipe if tasted else Ease()).learn(log),
        met=None if following is None else _served(following.recipe).learn(log),
        lately=None if following is None else LATELY.learn(log, log.timed()),
        next=None if following is None else following.fusion,
        taste=None if tasted is None else tasted.fusion,
        measured=(*_rows(following), *_rows(tasted)),
        warnings=tuple(_missing(following, tasted)),
    )


def _served(recipe: Competitor) -> Competitor:
    """The recipe at the size it serves with; for the comparison it was smaller."""
    return replace(recipe, max_items=Ease().max_items) if isinstance(recipe, Ease) else recipe


def _manageable(log: InteractionLog, seed: int) -> InteractionLog:
    """The log itself, or of a large one the events of its busiest items and of some people."""
    if len(log.items) <= MOST_ITEMS and len(log.users) <= MOST_PEOPLE:
        return log
    counts = np.bincount(log.item, minlength=len(log.items))
    busy = np.zeros(len(log.items), dtype=np.bool_)
    busy[np.argsort(-counts, kind="stable")[:MOST_ITEMS]] = True
    drawn = np.zeros(len(log.users), dtype=np.bool_)
    drawn[np.random.default_rng(seed).permutation(len(log.users))[:MOST_PEOPLE]] = True
    return only(log, np.flatnonzero(busy[log.item] & drawn[log.user]))


def _missing(following: Next | None, tasted: Tasted | None) -> Iterator[str]:
    if following is None:
        yield f"fewer than {LEAST_PEOPLE} people with 5 dated choices each: what comes next was not learned"
    if tasted is None:
        yield "too few people with three judgements each: what fits a taste was not learned"


def _rows(part: Next | Tasted | None) -> tuple[Measured, ...]:
    return () if part is None else part.measured


def _positions(part: InteractionLog, whole: InteractionLog) -> NDArray[np.int64]:
    place = {item_id: position for position, item_id in enumerate(whole.items)}
    return np.array([place[item_id] for item_id in part.items], dtype=np.int64)
