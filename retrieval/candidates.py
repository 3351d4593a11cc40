"""A few hundred allowed items worth scoring: the union of what each source puts first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.catalog import Catalog, Mask
from retrieval.ports import Scores, VectorStore
from retrieval.signals import Aim, Features, Rows, wished
from retrieval.types import Constraint

POOL = 600
"""So few allowed items are all scored, without a search."""
NEIGHBOURS, COLLABORATIVE, LINKED, SAYING, POPULAR, WISHED = 200, 200, 100, 100, 100, 100
"""How many candidates each source may bring."""
WITHIN = 20_000
"""Up to so many allowed items are named to the vector store one by one, which is faster than the same conditions on
their metadata (6 against 12 to 30 ms for 12,000 items); beyond, it gets the conditions."""
SKIPPED = 500
"""So many excluded items are searched along and dropped afterwards: as many more are asked for, so none is lost."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a query may return: the mask, and why it is no larger."""

    mask: Mask
    constraints: tuple[Constraint, ...]
    excluded: int
    """How many items are excluded by name."""

    @property
    def rows(self) -> Rows:
        """Positions of the allowed items."""
        return np.flatnonzero(self.mask)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where candidates come from."""

    catalog: Catalog
    store: VectorStore
    features: Features

    def near(self, aim: Aim, allowed: Allowed) -> Rows:
        """Search the vector store once, among allowed items only."""
        if aim.direction is None:
            return _none()
        k, where, within = NEIGHBOURS, allowed.constraints, None
        if not where and allowed.excluded <= SKIPPED:
            k += allowed.excluded
        elif (rows := allowed.rows).size <= WITHIN:
            where, within = (), [self.catalog.ids[row] for row in rows]
        else:
            k += allowed.excluded
        found = self.store.search(aim.direction, k, where, within)
        rows = self.catalog.positions(item_id for item_id, _ in found)
        return rows[allowed.mask[rows]]

    def collaborative(self, aim: Aim, allowed: Allowed) -> Rows:
        """Ask the CF model, for every allowed item where those are few, else for its best of all."""
        cf = self.features.filters.cf
        if cf is None or not aim.tastes:
            return _none()
        rows = allowed.rows
        if rows.size <= WITHIN:
            return rows[_best(cf.scores(aim.tastes, [self.catalog.ids[row] for row in rows]), COLLABORATIVE)]
        found = cf.recommend(aim.tastes, COLLABORATIVE + allowed.excluded, frozenset())
        rows = self.catalog.positions(item_id for item_id, _ in found)
        return rows[allowed.mask[rows]]

    def others(self, aim: Aim, allowed: Allowed, k: int) -> Iterator[Rows]:
        """Take what says the words, is linked to the tastes, wished for, or liked by everybody; at least k in all."""
        rows = allowed.rows
        common = self.features.common
        liked = [taste for taste in aim.tastes if taste.weight > 0]
        if aim.text is not None:
            yield rows[_best(self.features.words.coverage(aim.query)[rows], SAYING)]
        if liked:
            yield rows[_best(self.features.graph.scores(liked)[rows], LINKED)]
        if aim.wishes:
            met = wished(aim.wishes, self.catalog)[rows]
            known = np.log1p(common["popularity"][rows]) if "popularity" in common else np.zeros_like(met)
            ease = np.where(met > 0, met + 1e-3 * known, np.float32(0))
            yield rows[_best(ease, WISHED)]
        for column in common.values():
            yield rows[_best(column[rows], POPULAR)]
        yield self.most_popular_first(rows)[:k]

    def most_popular_first(self, rows: Rows) -> Rows:
        """Order rows by popularity, stably; as they are when nothing is known of it."""
        column = self.features.common.get("popularity")
        return rows if column is None else rows[np.argsort(-column[rows], kind="stable")]


def union(parts: Sequence[Rows]) -> Rows:
    """Return the distinct rows, ascending."""
    return np.unique(np.concatenate(parts)) if parts else _none()


def _best(scores: Scores, k: int) -> Rows:
    """Positions of the at most k largest scores above zero, ties by position."""
    positive = np.flatnonzero(scores > 0)
    order = np.argsort(-scores[positive], kind="stable")
    return np.asarray(positive[order[:k]], dtype=np.int64)


def _none() -> Rows:
    return np.empty(0, dtype=np.int64)
