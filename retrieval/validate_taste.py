"""Given some items that a person judged, as in a conversation, which other one do they like?

Learned from half of a held-out sample of people and measured on the other half. Nothing of these people's judgements
is in the counts and the collaborative filter that score them. Time plays no part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from retrieval import metrics
from retrieval.cf_ease import Ease
from retrieval.cf_implicit import Factors, Neighbours
from retrieval.fusion import Fusion, Shape
from retrieval.habits import Choices
from retrieval.holdout import Holdout
from retrieval.interactions import InteractionLog, Mask
from retrieval.learn import learn
from retrieval.likeness import Facts, alike, linked
from retrieval.manifest import Measured
from retrieval.situations import Columns, Rows, Situations
from retrieval.snapshots import score
from retrieval.validate_next import LAST, Competitor, Scored, measured, scored_ranks

LEAST_PEOPLE = 40
"""Of fewer people with enough judgements nothing can be learned."""

LEAST_EVENTS = 3
"""Judgements that a person must have made to be held out: one to find, two to go by."""

SHARE, MOST_PEOPLE, MOST_TARGETS = 0.3, 1_200, 2
"""Share of people held out, how many at most, and how many of each one's likes are to be found, each from the rest."""

CELLS = 32_000_000
"""Largest (held-out likes, items) table."""

SHAPES: Mapping[str, Sequence[Shape]] = {
    "popularity": ("log", "log_square"),
    "popularity_untimed": ("log", "log_square"),
    "cf": ("raw", "share", "rank"),
    "last": ("rank",),
    "taste": ("raw", "rank"),
    "graph": ("raw", "share"),
}
"""How each feature enters the fusion."""

RECIPES = (Ease(max_items=3_000), Neighbours(), Factors())
"""The CF models that compete, and only here of limited size."""

ALONE = ("popularity_untimed", "cf", "taste", "graph")
"""Sources whose first candidates fusion learns to tell apart; the others than the CF model enter the table alone."""


@dataclass(frozen=True, slots=True)
class Tasted:
    """What was learned and measured. `recipe` makes the CF model that serves conversations."""

    recipe: Competitor
    fusion: Fusion
    measured: tuple[Measured, ...]


def validate_taste(log: InteractionLog, facts: Facts, seed: int) -> Tasted | None:
    """Choose, learn and measure; None if too few people made enough judgements. `facts` are of the log's items.

    People of untimed events (dialogues) stand for conversations where there are enough of them, else everybody does.
    """
    rng = np.random.default_rng(seed)
    scope = _scope(log)
    people = _people(log, scope)
    if len(people) < LEAST_PEOPLE:
        return None
    most = min(MOST_PEOPLE, max(LEAST_PEOPLE, int(SHARE * len(people))), CELLS // (MOST_TARGETS * len(log.items)))
    held = rng.permutation(people)[: max(2, most)]
    keep = ~(scope & np.isin(log.user, held))
    halves = _likes(log, scope, held[::2], rng), _likes(log, scope, held[1::2], rng)
    known = {"popularity": keep, "popularity_untimed": keep & ~log.timed()}
    counts = {
        name: np.bincount(log.item[rows], minlength=len(log.items)).astype(np.float32) for name, rows in known.items()
    }
    trials = [_tried(recipe, log, keep, halves) for recipe in RECIPES]
    best = max(trials, key=lambda trial: trial.quality)
    started = perf_counter()
    first, second = (
        Situations(half, _Known(counts, {**scored, **_by_facts(half, facts)}))
        for half, scored in zip(halves, best.scored, strict=True)
    )
    fusion = learn(first.lists(SHAPES, ALONE, seed))
    fused = measured("taste: fusion", second.ranks(fusion.logits), perf_counter() - started)
    names = [name for name in ALONE if name in second.columns(np.arange(1)) and name != "cf"]
    alone = [_measure(second, name) for name in names]
    return Tasted(best.recipe, fusion, (*alone, *(trial.row for trial in trials), fused))


@dataclass(frozen=True, slots=True)
class _Trial:
    recipe: Competitor
    scored: tuple[Scored, ...]
    """Per half of the sample."""
    quality: float
    """NDCG@10 on the half that is learned from."""
    row: Measured


def _tried(recipe: Competitor, log: InteractionLog, keep: Mask, halves: Sequence[Holdout]) -> _Trial:
    started = perf_counter()
    model = recipe.learn(log, keep)
    met = np.bincount(log.item[keep], minlength=len(log.items)) > 0
    scored = tuple(
        {
            name: np.where(met, score(model, log, rows), np.float32(np.nan))
            for name, rows in (("cf", half.rows()), ("last", half.rows(newest=LAST)))
        }
        for half in halves
    )
    ranks = [scored_ranks(half, columns["cf"]) for half, columns in zip(halves, scored, strict=True)]
    row = measured(f"taste: {recipe.name}", ranks[1], perf_counter() - started)
    return _Trial(recipe, scored, metrics.ndcg(ranks[0]), row)


@dataclass(frozen=True, slots=True)
class _Known:
    counts: Scored
    """Per feature, shape (items,): the same for everybody."""
    scored: Scored

    def __call__(self, rows: Rows) -> Columns:
        same = {name: np.broadcast_to(count, (len(rows), len(count))) for name, count in self.counts.items()}
        return {**same, **{name: column[rows] for name, column in self.scored.items()}}


def _measure(situations: Situations, feature: str) -> Measured:
    return measured(f"taste: {feature}", situations.ranks(lambda columns: columns[feature]), 0.0)


def _scope(log: InteractionLog) -> Mask:
    """Which events stand for conversations."""
    untimed = ~log.timed()
    return untimed if len(_people(log, untimed)) >= LEAST_PEOPLE else np.ones(len(log), dtype=np.bool_)


def _people(log: InteractionLog, scope: Mask) -> NDArray[np.int64]:
    """Those with enough judgements in scope, and with at least two likes among them."""
    events = np.bincount(log.user[scope], minlength=len(log.users))
    likes = np.bincount(log.user[scope & (log.weight > 0)], minlength=len(log.users))
    return np.flatnonzero((events >= LEAST_EVENTS) & (likes >= 2))


def _likes(log: InteractionLog, scope: Mask, people: NDArray[np.int64], rng: np.random.Generator) -> Holdout:
    """Hold out some random likes of each person, one at a time."""
    rows = np.flatnonzero(scope & np.isin(log.user, people))
    by_person = np.split(rows[np.argsort(log.user[rows], kind="stable")], _bounds(log.user[rows]))
    targets: list[int] = []
    before: list[NDArray[np.int64]] = []
    for mine in by_person:
        liked = np.unique(log.item[mine[log.weight[mine] > 0]])
        for target in rng.permutation(liked)[:MOST_TARGETS].tolist():
            rest = mine[log.item[mine] != target]
            if len(rest):
                targets.append(target)
                before.append(rest)
    flat = np.concatenate(before)
    person = np.repeat(np.arange(len(before)), [len(rest) for rest in before])
    nowhen = np.full(len(flat), np.nan)
    return Holdout(
        np.array(targets, dtype=np.int64),
        np.full(len(targets), np.nan),
        Choices(person, log.item[flat].astype(np.int64), nowhen),
        log.weight[flat],
        len(log.items),
        np.zeros(len(flat), dtype=np.bool_),
    )


def _bounds(users: NDArray[np.int32]) -> NDArray[np.int64]:
    """Where each next person begins, once sorted."""
    return np.flatnonzero(np.diff(np.sort(users))) + 1


def _by_facts(holdout: Holdout, facts: Facts) -> dict[str, NDArray[np.float32]]:
    found: dict[str, NDArray[np.float32]] = {}
    if facts.links is not None:
        found["graph"] = linked(holdout.rows(), facts.links)
    if facts.embeddings is not None:
        found["taste"] = alike(holdout.rows(), facts.embeddings)
    return found
