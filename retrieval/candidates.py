"""A few hundred allowed items worth scoring: the union of what each source puts first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog import Catalog, Mask
from retrieval.ports import Scores, Vector, VectorStore
from retrieval.postings import first
from retrieval.signals import Aim, Features, Rows, wished
from retrieval.types import Constraint

POOL = 600
"""So few allowed items are all scored, without a search."""
NEIGHBOURS, COLLABORATIVE, LINKED, SAYING, POPULAR, WISHED = 200, 200, 100, 100, 100, 100
"""How many candidates each source may bring."""
SKIPPED = 500
"""So many excluded items are searched along and dropped afterwards: as many more are asked for, so none is lost."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How a search under conditions is done, by size: the fastest way that finds all the nearest allowed items."""

    within: int = 20_000
    """In catalogues of up to so many items, the allowed ones are named to the vector store one by one, which is faster
    than the same conditions on their metadata (6 against 12 to 30 ms for 12,000 items)."""
    fetched: int = 6_000
    spare: float = 1.5
    """In larger ones, conditions that enough items meet are checked on what comes back: at most so many neighbours are
    asked for, first so many times as many as should do, then four times that while too few of them are allowed."""
    compared: int = 100_000
    """Up to so many allowed items are compared one by one, exactly. A vector store told to stay within them is slower
    (8,600 of a million: 200 ms by ids, 8 ms here; the same conditions on metadata take seconds)."""


@dataclass(frozen=True)
class Allowed:
    """What a query may return: the mask, and why it is no larger."""

    mask: Mask
    constraints: tuple[Constraint, ...]
    excluded: int
    """How many items are excluded by name."""

    @cached_property
    def rows(self) -> Rows:
        """Positions of the allowed items."""
        return np.flatnonzero(self.mask)


@dataclass(frozen=True)
class Sources:
    """Where candidates come from."""

    catalog: Catalog
    store: VectorStore
    features: Features
    reach: Reach = Reach()

    def near(self, aim: Aim, allowed: Allowed) -> Rows:
        """Search the vector store once, among allowed items only."""
        if aim.direction is None:
            return _none()
        k, where, within = NEIGHBOURS, allowed.constraints, None
        if not where and allowed.excluded <= SKIPPED:
            k += allowed.excluded
        elif len(self.catalog) > self.reach.within:
            return self._near_in_many(aim.direction, allowed)
        else:
            where, within = (), [self.catalog.ids[row] for row in allowed.rows]
        return self._search(aim.direction, k, allowed, where, within)

    def _near_in_many(self, direction: Vector, allowed: Allowed) -> Rows:
        """Search a large catalogue under conditions, whichever way gives all the nearest allowed items soonest."""
        wanted = int(self.reach.spare * NEIGHBOURS * len(self.catalog) / allowed.rows.size) + allowed.excluded
        while wanted <= self.reach.fetched:
            rows = self._search(direction, wanted, allowed)[:NEIGHBOURS]
            if rows.size == NEIGHBOURS:
                return rows
            wanted *= 4
        if allowed.rows.size <= self.reach.compared:
            near = np.asarray(self.features.embeddings[allowed.rows], dtype=np.float32) @ direction
            return allowed.rows[first(near, NEIGHBOURS)]
        return self._search(direction, NEIGHBOURS + allowed.excluded, allowed, allowed.constraints)

    def _search(
        self,
        direction: Vector,
        k: int,
        allowed: Allowed,
        where: Sequence[Constraint] = (),
        within: Sequence[str] | None = None,
    ) -> Rows:
        found = self.store.search(direction, k, where, within)
        rows = self.catalog.positions(item_id for item_id, _ in found)
        return rows[allowed.mask[rows]]

    def collaborative(self, aim: Aim, allowed: Allowed) -> Rows:
        """Ask the CF model, for every allowed item where those are few, else for its best of all."""
        cf = self.features.filters.cf
        if cf is None or not aim.tastes:
            return _none()
        rows = allowed.rows
        if rows.size <= self.reach.within:
            scores = cf.scores(aim.tastes, [self.catalog.ids[row] for row in rows])
            liked = np.flatnonzero(scores > 0)
            return rows[liked[first(scores[liked], COLLABORATIVE)]]
        found = cf.recommend(aim.tastes, COLLABORATIVE + allowed.excluded, frozenset())
        rows = self.catalog.positions(item_id for item_id, _ in found)
        return rows[allowed.mask[rows]]

    def others(self, aim: Aim, allowed: Allowed, k: int) -> Iterator[Rows]:
        """Take what says the words, is linked to the tastes, wished for, or liked by everybody; at least k in all."""
        liked = [taste for taste in aim.tastes if taste.weight > 0]
        if aim.text is not None:
            yield self.features.words.saying(aim.query, allowed.mask, SAYING)
        if liked:
            yield self.features.graph.closest(liked, allowed.mask, LINKED)
        if aim.wishes:
            yield self._wished(aim, allowed)
        for order in self._common.values():
            yield _allowed_first(order, allowed, POPULAR)
        yield _allowed_first(self._by_popularity, allowed, k)

    def most_popular_first(self, allowed: Allowed) -> Rows:
        """Order what is allowed by popularity, stably; by chance when nothing is known of that."""
        return self._by_popularity[allowed.mask[self._by_popularity]].astype(np.int64)

    def _wished(self, aim: Aim, allowed: Allowed) -> Rows:
        """What meets most wishes; among equals, what is better known."""
        held = np.zeros(len(self.catalog), dtype=np.bool_)
        for wish in aim.wishes:
            if wish.weight > 0:
                held[self.catalog.holders(wish.facet, wish.value)] = True
        rows = np.flatnonzero(held & allowed.mask)
        met = wished(aim.wishes, self.catalog, rows)
        rows, met = rows[met > 0], met[met > 0]
        known = self.features.common.get("popularity")
        worth = met if known is None else met + 1e-3 * np.log1p(known[rows])
        return rows[first(worth, WISHED)]

    @cached_property
    def _common(self) -> Mapping[str, NDArray[np.int32]]:
        """Per column that is the same for everybody, the items above zero, best first, ties by position."""
        return {name: _descending(np.where(column > 0, column, 0)) for name, column in self.features.common.items()}

    @cached_property
    def _by_popularity(self) -> NDArray[np.int32]:
        """All items, best known first, ties by position; in a fixed random order when nothing is known of that, as
        files are often ordered by kind: who only asks for something should not get five backpacks."""
        known = self.features.common.get("popularity")
        if known is None:
            return np.random.default_rng(len(self.catalog)).permutation(len(self.catalog)).astype(np.int32)
        return np.argsort(-known, kind="stable").astype(np.int32)


def union(parts: Sequence[Rows]) -> Rows:
    """Return the distinct rows, ascending."""
    return np.unique(np.concatenate(parts)) if parts else _none()


def _descending(column: Scores) -> NDArray[np.int32]:
    positive = np.flatnonzero(column)
    return positive[np.argsort(-column[positive], kind="stable")].astype(np.int32)


def _allowed_first(order: NDArray[np.int32], allowed: Allowed, k: int) -> Rows:
    """The first k allowed rows of an order, found by looking at ever more of it."""
    reach = 4 * k
    while True:
        head = order[:reach]
        rows = head[allowed.mask[head]][: max(k, 0)]
        if len(rows) >= k or reach >= len(order):
            return rows.astype(np.int64)
        reach *= 8


def _none() -> Rows:
    return np.empty(0, dtype=np.int64)
