"""Retriever.retrieve(query): conditions first, then candidates, features, fusion, diversity and evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retrieval.candidates import POOL, Allowed, Reach, Sources, union
from retrieval.catalog import Catalog
from retrieval.clock import Clock
from retrieval.diversify import mmr, spread
from retrieval.errors import CatalogError, ConstraintBroken
from retrieval.evidence import Grounds, Signals
from retrieval.fusion import Fused, Fusion
from retrieval.glossary import reader_of
from retrieval.graph import Graph
from retrieval.habits import Habits
from retrieval.manifest import CatalogSpec
from retrieval.ports import Embedder, Matrix, Scores, Vector, VectorStore
from retrieval.postings import first
from retrieval.signals import Aim, Features, Filters, Rows, aim
from retrieval.spans import Words
from retrieval.types import Candidate, Item, Op, Query, Retrieval, Sort, Spread
from retrieval.weighing import Ask, weigh

_TEXTS = 512
"""Embedded query texts that are kept."""
_VARIED = 50
"""Diversity chooses among at least so many of the best, and among ten times k."""
_POOLED = 200
_RELEVANT = 50
_CLOSE = 0.7
"""With a text or anchors, an explicit sort does not order the whole catalogue but at most so many items, as close to
what is asked as this share of the best: the newest about time travel is not the newest of all."""


@dataclass(frozen=True, slots=True)
class Fusions:
    """What was learned at build time; None where there was nothing to learn from."""

    taste: Fusion | None = None
    """Which item fits stated tastes, wishes, a text or anchors?"""
    next: Fusion | None = None
    """What will a person with this logged history choose next?"""


@dataclass(frozen=True, slots=True)
class _Scored:
    """A pool of candidates: rows in the catalogue, their features and their fused scores, aligned."""

    aim: Aim
    rows: Rows
    columns: Mapping[str, Scores]
    fused: Fused

    @property
    def worth(self) -> Scores:
        """Scores before the squeeze into [0, 1], where the best no longer look alike."""
        return np.asarray(sum(self.fused.parts.values(), np.zeros(self.rows.size, dtype=np.float32)))

    def ranked(self, query: Query, catalog: Catalog) -> Rows:
        """Order the pool: by score, or as the query sorts it; ties by position in the catalogue."""
        order = np.argsort(-self.worth, kind="stable")
        if query.sort is None:
            return order
        asked = self.columns.get("content", self.columns.get("taste"))
        if asked is not None and _specific(query):
            order = _closest(asked, order, query.k)
        return order[_by_value(query.sort, self.rows[order], catalog)]

    def best(self, order: Rows, catalog: Catalog) -> tuple[tuple[str, float], ...]:
        """Ids and scores at these places of the pool."""
        scores = self.fused.scores[order].tolist()
        return tuple((catalog.ids[row], score) for row, score in zip(self.rows[order].tolist(), scores, strict=True))


class Retriever:
    """Everything that answers queries over one catalogue. Immutable but for a cache of embedded texts; thread-safe."""

    def __init__(
        self,
        catalog: Catalog,
        embedder: Embedder,
        store: VectorStore,
        embeddings: Matrix,
        *,
        filters: Filters | None = None,
        common: Mapping[str, Scores] | None = None,
        fusions: Fusions | None = None,
        words: Words | None = None,
        reach: Reach | None = None,
        habits: Habits | None = None,
        as_of: float = 0.0,
        newness: str = "",
    ) -> None:
        """Take the parts of an index.

        embeddings: (n, d) in catalogue order, may be memory-mapped. common: feature columns that are the same for
        everybody, each (n,), counted at `as_of` (unix seconds). words: those of the items' texts, read here if not
        given. habits: what the log says of how people choose, for tastes that have a time. newness: the facet behind
        the feature 'recency'. ValueError if lengths differ.
        """
        common = dict(common or {})
        if wrong := [len(column) for column in (embeddings, *common.values()) if len(column) != len(catalog)]:
            raise ValueError(f"{wrong[0]} rows for {len(catalog)} items; embeddings and columns follow the catalogue")
        graph, words = Graph(catalog), words_of(catalog) if words is None else words
        self._catalog = catalog
        filters = filters or Filters()
        self._features = Features(catalog, embeddings, graph, words, filters, common, habits, as_of)
        self._sources = Sources(catalog, store, self._features, reach or Reach())
        self._grounds = Grounds(catalog, graph, words, filters, newness)
        self._fusions = fusions or Fusions()
        self.embedder = embedder
        self._read = reader_of(catalog)
        self._embed = lru_cache(_TEXTS)(lambda text: _one(embedder, text))

    def retrieve(self, query: Query) -> Retrieval:
        """Return at most k allowed items, best first, with evidence; or the smallest relaxations when none is allowed.

        CatalogError for a facet the catalogue does not have; StoreDown and EmbedderUnusable from the adapters;
        ConstraintBroken if a result violates the query, which would be a bug here.
        """
        clock, query = Clock(), self._read(query)
        allowed, matching = self._allowed(query)
        if not allowed.mask.any():
            relaxations = self._catalog.relaxations(query.constraints, _excluded(query))
            return Retrieval((), matching, relaxations, clock.stop())
        scored = self._score(query, allowed, clock)
        order = scored.ranked(query, self._catalog)
        pool = scored.best(order[:_POOLED], self._catalog)
        order, spread_of = (order, None) if query.sort is not None else self._varied(query, scored, order)
        clock.lap("diversify")
        candidates = tuple(self._candidate(query, scored, index) for index in order[: max(query.k, 0)])
        clock.lap("evidence")
        self._verify(query, candidates)
        return Retrieval(candidates, matching, (), clock.stop(), pool, spread_of)

    def _varied(self, query: Query, scored: _Scored, order: Rows) -> tuple[Rows, Spread | None]:
        """Of the best, those to show; and what that choice cost and brought."""
        order = order[: max(_VARIED, 10 * query.k)]
        vectors = np.asarray(self._features.embeddings[scored.rows[order]], dtype=np.float32)
        chosen = mmr(vectors, scored.worth[order], query.k, query.diversity)
        scores = scored.fused.scores[order]
        return order[chosen], spread(vectors, scores, chosen, query.diversity) if len(chosen) > 1 else None

    def explain(self, query: Query, item_id: str) -> Candidate:
        """Score and explain one item under the query, whether or not it would be chosen, or even be allowed.

        CatalogError for an unknown id.
        """
        row, query = self._row(item_id), self._read(query)
        scored = self._score(query, self._allowed(query)[0], Clock(), extra=np.array([row]))
        return self._candidate(query, scored, int(np.searchsorted(scored.rows, row)))

    def rank_of(self, query: Query, item_id: str) -> int | None:
        """Place of an item by score (or by the query's sort), before diversity, from 1.

        None if it is not allowed, or too far from what is asked to be sorted along.
        Exact for the items that a source brings up; for others how many of those would come before it, plus one.
        CatalogError for an unknown id.
        """
        row, query = self._row(item_id), self._read(query)
        allowed, _ = self._allowed(query)
        if not allowed.mask[row]:
            return None
        scored = self._score(query, allowed, Clock(), extra=np.array([row]))
        found = np.flatnonzero(scored.rows[scored.ranked(query, self._catalog)] == row)
        return int(found[0]) + 1 if found.size else None

    def worth(self, query: Query, item_ids: Sequence[str]) -> tuple[float, ...]:
        """Score known items under the query, allowed or not, in the given order; comparable among each other."""
        query = self._read(query)
        rows = np.array([self._row(i) for i in item_ids], dtype=np.int64)
        scored = self._score(query, self._allowed(query)[0], Clock(), extra=rows)
        return tuple(scored.worth[np.searchsorted(scored.rows, rows)].tolist())

    def _row(self, item_id: str) -> int:
        if item_id not in self._catalog:
            raise CatalogError(f"no item {item_id!r} in this catalogue; pass an id of one of its items")
        return self._catalog.position(item_id)

    def _allowed(self, query: Query) -> tuple[Allowed, int]:
        """What the query may return, and how many items match its conditions, excluded ones included."""
        excluded = _excluded(query)
        mask = self._catalog.mask(query.constraints)
        matching = int(np.count_nonzero(mask))
        mask[self._catalog.positions(excluded)] = False
        return Allowed(mask, query.constraints, len(excluded)), matching

    def _score(self, query: Query, allowed: Allowed, clock: Clock, extra: Rows | None = None) -> _Scored:
        text = self._embed(query.text) if query.text.strip() else None
        avoid = self._embed(query.avoid) if query.avoid.strip() else None
        aimed = aim(query, text, avoid, self._catalog, self._features.embeddings)
        clock.lap("embed")
        rows = self._pool(query, aimed, allowed, clock)
        rows = rows if extra is None else union([rows, extra])
        columns = self._features.columns(aimed, rows, logged=_is_logged(query))
        # Without any signal all candidates are equal: a catalogue without a log, asked for anything.
        fused = self._fuse(query, columns) if columns else Fused(np.zeros(rows.size, dtype=np.float32), {})
        clock.lap("fuse")
        return _Scored(aimed, rows, columns, fused)

    def _pool(self, query: Query, aimed: Aim, allowed: Allowed, clock: Clock) -> Rows:
        if query.sort is not None and not _specific(query):
            rows = self._sources.most_popular_first(allowed)
            best = first(_values(query.sort, rows, self._catalog), max(POOL, query.k))
            return np.sort(rows[best])
        if allowed.rows.size <= POOL:
            return allowed.rows
        near = self._sources.near(aimed, allowed)
        clock.lap("search")
        collaborative = self._sources.collaborative(aimed, allowed)
        clock.lap("cf")
        others = list(self._sources.others(aimed, allowed, query.k))
        clock.lap("graph")
        return union([near, collaborative, *others])

    def _fuse(self, query: Query, columns: Mapping[str, Scores]) -> Fused:
        fusion = self._fusions.next if _is_logged(query) else self._fusions.taste
        return weigh(columns, fusion, _ask(query))

    def _candidate(self, query: Query, scored: _Scored, index: int) -> Candidate:
        row = int(scored.rows[index])
        item = self._catalog.items[row]
        parts = {name: float(part[index]) for name, part in scored.fused.parts.items()}
        raw = {name: float(column[index]) for name, column in scored.columns.items()}
        signals = Signals(raw, parts, self._features.similar(scored.aim, row))
        evidence = self._grounds.of(item, query, scored.aim.tastes, signals)
        return Candidate(item, float(scored.fused.scores[index]), parts, evidence)

    def _verify(self, query: Query, candidates: Sequence[Candidate]) -> None:
        """Check the conditions again, on the result itself and not on the mask it came from."""
        chosen = Catalog([candidate.item for candidate in candidates], self._catalog.spec)
        if not chosen.mask(query.constraints, _excluded(query)).all():
            raise ConstraintBroken(f"{chosen.ids!r} break {query.constraints!r} or are excluded; report this as a bug")


def _is_logged(query: Query) -> bool:
    """Whether only a logged history speaks for the person: what will they choose next?

    Who asks for a kind of thing wants the best of it, not what the week brings; so does who says nothing at all.
    """
    # A judgement with a time comes from the log; one without was stated in conversation.
    stated = query.wishes or any(taste.at is None for taste in query.tastes)
    asked = any(condition.op is not Op.NOT_IN for condition in query.constraints)
    return bool(query.tastes) and not (stated or asked or _specific(query))


def _ask(query: Query) -> Ask:
    if not query.text.strip():
        return "nothing"
    return "twist" if query.anchors else "text"


def _specific(query: Query) -> bool:
    """Whether a query asks about something, not only for something."""
    return bool(query.text.strip() or query.anchors)


def _excluded(query: Query) -> frozenset[str]:
    """What never comes back: what the caller excludes, what the person has judged, and the anchors."""
    return query.exclude | {taste.item_id for taste in query.tastes} | set(query.anchors)


def _closest(asked: Scores, order: Rows, k: int) -> Rows:
    """Keep what is about as close to what is asked as the closest is, but at least k."""
    nearest = order[np.argsort(-asked[order], kind="stable")]
    best = float(asked[nearest[0]])
    close = int((asked >= best - (1 - _CLOSE) * abs(best)).sum())
    return nearest[: max(min(close, _RELEVANT), k)]


def _by_value(sort: Sort, rows: Rows, catalog: Catalog) -> Rows:
    """Order rows by a facet, stably, those without a value last."""
    return np.asarray(np.argsort(-_values(sort, rows, catalog), kind="stable"), dtype=np.int64)


def _values(sort: Sort, rows: Rows, catalog: Catalog) -> NDArray[np.float64]:
    """What to sort rows by, higher first, NaN where a row has no value."""
    values = catalog.numbers(sort.facet)[rows]
    return values if sort.descending else -values


def words_of(catalog: Catalog) -> Words:
    """Read the words of all descriptions, and of the titles where they are not just names."""
    return Words.of(_prose(item, catalog.spec) for item in catalog.items)


def _prose(item: Item, spec: CatalogSpec) -> str:
    return item.description if spec.titles_are_names and item.description else f"{item.title}. {item.description}"


def _one(embedder: Embedder, text: str) -> Vector:
    return np.asarray(embedder.embed([text])[0], dtype=np.float32)
