"""What will a person choose next? Learned from everybody's last choice but one, measured on their last.

At each held-out moment only what was known before it is used: counts to the second, collaborative filters fitted on
slices of the log that end before it, habits from the person's own earlier choices. Where several items are chosen in
one second, a basket, one of them at random is the last and the others come before it; a line of the table says what is
left without them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from retrieval import metrics
from retrieval.cf_ease import Ease
from retrieval.cf_implicit import Factors, Neighbours
from retrieval.fusion import Fusion, Shape
from retrieval.habits import Habits
from retrieval.holdout import Holdout, nth_last
from retrieval.interactions import InteractionLog
from retrieval.learn import learn
from retrieval.likeness import Facts, alike, linked
from retrieval.manifest import Measured
from retrieval.popularity import WINDOWS, Popularity
from retrieval.situations import Columns, Rows, Situations
from retrieval.snapshots import scores_then

Competitor: TypeAlias = Ease | Neighbours | Factors

RECIPES = (Ease(max_items=3_000), Neighbours(), Factors())
"""The CF models that compete, and only here of limited size."""

HALF_LIVES = (np.inf, 5.0, 2.0)
"""And how fast older choices of a person fade, in newer choices; all are tried with each."""

LATELY = Neighbours(window_days=28, half_life=3)
"""Always there beside the winner: what goes with what these weeks."""

LAST = 3
"""How many of the newest choices the features that end in `_last` look at."""

TRIAL_SLICES, SLICES, LATELY_SLICES = 4, 16, 60
"""How many times models are fitted anew along the held-out moments: the competitors, the winner, LATELY."""

THIN = 1_000
"""About so many development choices decide between the competitors."""

CELLS = 16_000_000
"""Largest (people, items) table; where there are more people, so many are taken, spread over time."""

SHAPES: Mapping[str, Sequence[Shape]] = {
    **dict.fromkeys(WINDOWS, ("log",)),
    **dict.fromkeys(("popularity", "popularity_1d", "popularity_7d", "popularity_30d"), ("log", "log_square")),
    "trend": ("raw",),
    "debut": ("raw", "square"),
    "recency": ("raw", "square"),
    "met": ("rank", "share"),
    "met_last": ("rank",),
    "lately": ("raw", "share"),
    "graph": ("raw", "share"),
    "graph_last": ("raw",),
    "taste": ("raw", "rank"),
    "habit": ("raw",),
}
"""How each feature enters the fusion; by the part of its name before a colon. `met`, `met_last` and `lately` are CF
scores from what a person chose, whether or not they liked it: that is what the next choice follows from."""

ALONE = ("popularity", "popularity_7d", "lately", "graph", "taste")
"""Single sources of the table, beside the CF models."""

HARD = ("popularity_7d", "popularity", "met", "lately", "graph")
"""Sources whose first candidates fusion learns to tell apart."""

EARLIER = "fusion, earlier baskets only"
"""Fusion again, for people of whom nothing is known but what they chose before the basket of the held-out item."""

COLLABORATIVE = frozenset({"met", "met_last", "lately"})
"""Features that know nothing of an item nobody has met."""

Scored = Mapping[str, NDArray[np.float32]]
"""Per feature, scores of all items for all rows of a holdout: (rows, items)."""


@dataclass(frozen=True, slots=True)
class Next:
    """What was learned and measured. `recipe` makes the model behind `met`, with its half-life."""

    recipe: Competitor
    fusion: Fusion
    measured: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class _Trial:
    """A competitor with its best half-life on the development choices."""

    recipe: Competitor
    dev: Scored
    row: Measured


def validate_next(log: InteractionLog, facts: Facts, seed: int) -> Next:
    """Choose, learn and measure on a log as `core` leaves it, with at least two people; `facts` of its items."""
    most = max(1, CELLS // len(log.items))
    pair = nth_last(log, 2, most), nth_last(log, 1, most)
    popularity = Popularity.of(log, facts.released)
    habits = Habits.of(log, popularity)
    trials = [_tried(recipe, log, *pair) for recipe in RECIPES]
    best = max(trials, key=lambda trial: _worth(trial, pair[0], popularity, habits, seed)).recipe
    started = perf_counter()
    strict = pair[1].strictly()
    sides = (*pair, strict) if strict.mate.any() else pair
    met = _scored(best, log, sides, (("met", best.half_life, None), ("met_last", np.inf, LAST)), SLICES)
    lately = _scored(LATELY, log, sides, (("lately", LATELY.half_life, None),), LATELY_SLICES)
    dev, test, *without = (
        Situations(side, _Known(side, popularity, habits, {**met[i], **lately[i], **_by_facts(side, facts)}))
        for i, side in enumerate(sides)
    )
    fusion = learn(dev.lists(SHAPES, HARD, seed))
    fused = [measured("fusion", test.ranks(fusion.logits), perf_counter() - started)]
    fused += [measured(EARLIER, side.ranks(fusion.logits), 0.0) for side in without]
    alone = [_measure(test, name) for name in ALONE if name in test.columns(np.arange(1))]
    return Next(best, fusion, (*alone, *(trial.row for trial in trials), *fused))


def _worth(trial: _Trial, dev: Holdout, popularity: Popularity, habits: Habits, seed: int) -> float:
    """NDCG@10 of a small fusion of the competitor with popularity: what counts is what a model adds to that."""
    step = max(1, len(dev) // THIN)
    thin = dev.thinned(step)
    scored = {name: column[::step] for name, column in trial.dev.items()}
    situations = Situations(thin, _Known(thin, popularity, habits, scored))
    shapes = {name: shapes for name, shapes in SHAPES.items() if name != "habit"}
    return metrics.ndcg(situations.ranks(learn(situations.lists(shapes, HARD, seed)).logits))


@dataclass(frozen=True, slots=True)
class _Known:
    """Everything a ranker may know at the moments of a holdout: columns for some of its rows."""

    holdout: Holdout
    popularity: Popularity
    habits: Habits
    scored: Scored

    def __call__(self, rows: Rows) -> Columns:
        moments = self.holdout.moment[rows]
        common = self.popularity.columns(moments)
        met = common["popularity"] > 0
        found = {name: column[rows] for name, column in self.scored.items()}
        for name in COLLABORATIVE & found.keys():
            found[name] = np.where(met, found[name], np.float32(np.nan))
        return {**common, **found, **dict(self.habits.columns(self.holdout.of(rows), moments, common))}


def _tried(recipe: Competitor, log: InteractionLog, dev: Holdout, test: Holdout) -> _Trial:
    """Fit once per slice, try the half-lives on the development choices, measure the best on the last ones."""
    started = perf_counter()
    views = [(f"{half_life:g}", half_life, None) for half_life in HALF_LIVES]
    on_dev, on_test = _scored(recipe, log, (dev, test), (*views, ("met_last", np.inf, LAST)), TRIAL_SLICES)
    name, half_life, _ = max(views, key=lambda view: metrics.ndcg(scored_ranks(dev, on_dev[view[0]])))
    aged = replace(recipe, half_life=half_life)
    row = measured(aged.name, scored_ranks(test, on_test[name]), perf_counter() - started)
    return _Trial(aged, {"met": on_dev[name], "met_last": on_dev["met_last"]}, row)


def _scored(
    recipe: Competitor,
    log: InteractionLog,
    holdouts: Sequence[Holdout],
    views: Sequence[tuple[str, float, int | None]],
    slices: int,
) -> list[Scored]:
    """Score holdouts, seen in several ways: (name, half-life, only so many newest choices)."""
    moments = np.concatenate([holdout.moment for holdout in holdouts])
    histories = [
        sparse.csr_matrix(sparse.vstack([holdout.rows(half_life, newest, signed=False) for holdout in holdouts]))
        for _, half_life, newest in views
    ]
    scores = scores_then(recipe, log, moments, histories, slices)
    names = [name for name, _, _ in views]
    ends = np.cumsum([len(holdout) for holdout in holdouts])
    parts = (slice(end - len(holdout), end) for end, holdout in zip(ends.tolist(), holdouts, strict=True))
    return [{name: table[part] for name, table in zip(names, scores, strict=True)} for part in parts]


def _by_facts(holdout: Holdout, facts: Facts) -> Scored:
    found: dict[str, NDArray[np.float32]] = {}
    if facts.links is not None:
        found["graph"] = linked(holdout.rows(), facts.links)
        found["graph_last"] = linked(holdout.rows(newest=LAST), facts.links)
    if facts.embeddings is not None:
        found["taste"] = alike(holdout.rows(), facts.embeddings)
    return found


def scored_ranks(holdout: Holdout, scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Rank of each held-out item by scores of shape (rows, items)."""
    return Situations(holdout, lambda rows: {"it": scores[rows]}).ranks(lambda columns: columns["it"])


def _measure(situations: Situations, feature: str) -> Measured:
    started = perf_counter()
    ranks = situations.ranks(lambda columns: columns[feature])
    return measured(feature, ranks, perf_counter() - started)


def measured(source: str, ranks: NDArray[np.float64], seconds: float) -> Measured:
    """Return one line of the validation table."""
    figures = (round(metrics.hit_rate(ranks), 4), round(metrics.ndcg(ranks), 4))
    return Measured(source=source, hr_at_10=figures[0], ndcg_at_10=figures[1], n=len(ranks), seconds=round(seconds, 1))
