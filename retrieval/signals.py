"""From a query to what is searched for and, per candidate, the features that fusion adds up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog import Catalog
from retrieval.graph import Graph
from retrieval.habits import Habits
from retrieval.ports import CFModel, Matrix, Scores, Vector
from retrieval.spans import Words
from retrieval.types import Query, Taste, Wish

Rows: TypeAlias = NDArray[np.int64]
"""Positions of items in the catalogue, shape (m,)."""

TEXT, ANCHOR, LIKED, DISLIKED = 1.0, 0.7, 0.3, -0.15
"""What each adds to the search vector: the query text; the mean of the anchors; of the liked items; of the disliked
ones. What a person asks for now outweighs what they liked before."""

BACKGROUND = 0.25
"""With anchors, what older tastes weigh next to them: 'like this one' asks about it first, about the person second."""

RECENT = 3
"""How many of the newest tastes the feature 'last' looks at."""

SAID = 0.15
"""What saying all the words of a query adds to the cosine similarity in the feature 'content'. Embeddings find what is
meant; words make sure that what is said literally comes first."""

REMEMBERED = 60
"""Of a long history, only so many newest tastes are compared by embedding."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A query read against a catalogue."""

    query: str
    text: Vector | None
    direction: Vector | None
    """Where to search, a unit vector; None when the query says nothing that has a place."""
    tastes: tuple[Taste, ...]
    """Oldest first, known items only, anchors last and with full weight."""
    wishes: tuple[Wish, ...]
    avoid: Vector | None = None


def aim(query: Query, text: Vector | None, avoid: Vector | None, catalog: Catalog, embeddings: Matrix) -> Aim:
    """Read a query; items that the catalogue no longer has are left out."""
    anchors = tuple(Taste(a) for a in query.anchors if a in catalog)
    ease = BACKGROUND if anchors else 1.0
    older = (replace(t, weight=t.weight * ease) for t in query.tastes if t.item_id in catalog and t.weight)
    tastes = (*(t for t in older if t.item_id not in query.anchors), *anchors)
    wishes = tuple(wish for wish in query.wishes if wish.weight)
    recent = [t for t in tastes[-REMEMBERED:] if t.item_id not in query.anchors]
    parts = [] if text is None else [TEXT * text]
    for share, ids in (
        (ANCHOR, [t.item_id for t in anchors]),
        (LIKED, [t.item_id for t in recent if t.weight > 0]),
        (DISLIKED, [t.item_id for t in recent if t.weight < 0]),
    ):
        if ids:
            parts.append(share * np.asarray(embeddings[catalog.positions(ids)], dtype=np.float32).mean(axis=0))
    return Aim(query.text, text, _unit(np.sum(parts, axis=0)) if parts else None, tastes, wishes, avoid)


@dataclass(frozen=True, slots=True)
class Filters:
    """The collaborative filters of an index; None where the log was too small for one."""

    cf: CFModel | None = None
    """From what people like to what they like: conversations."""
    met: CFModel | None = None
    """From what people chose, liked or not, to what they chose next."""
    lately: CFModel | None = None
    """What goes with what in the newest part of the log."""


@dataclass(frozen=True, slots=True)
class Features:
    """Feature columns of candidates. A column is there only when the query has something to say about it."""

    catalog: Catalog
    embeddings: Matrix
    graph: Graph
    words: Words
    filters: Filters
    common: Mapping[str, Scores]
    """Columns that are the same for everybody ('popularity', 'trend', 'recency' ...), each of shape (n items,)."""
    habits: Habits | None = None
    as_of: float = 0.0
    """Unix seconds at which `common` was counted."""

    def columns(self, aim: Aim, rows: Rows, *, logged: bool = False) -> dict[str, Scores]:
        """Return columns over `rows`, each of shape (len(rows),), higher is better, NaN where nothing is known.

        logged: the tastes are a logged history, so what the person chose counts, not only what they said they like.

        content: closeness to the text, 0 for an ordinary row, 1 for the closest. taste: cosine similarity to the liked
        items, half the mean, half the largest. dislike: 0 for an ordinary row, -1 for the same as a disliked item.
        avoid: 0 for an ordinary row, -1 for the closest to what is not wanted. graph, cf: scores for the tastes; last,
        graph_last: for the newest ones. met, met_last, lately: scores for what was chosen (logged only). wish: see
        `wished`. habit:...: see Habits.
        """
        vectors = np.asarray(self.embeddings[rows], dtype=np.float32)
        found: dict[str, Scores] = {name: column[rows] for name, column in self.common.items()}
        if aim.text is not None:
            found["content"] = _relative(vectors @ aim.text + SAID * self.words.coverage(aim.query, rows))
        if aim.avoid is not None:
            found["avoid"] = -np.maximum(_relative(vectors @ aim.avoid), 0)
        if aim.tastes:
            found |= self._alike(aim, vectors)
            found["graph"] = self.graph.scores(_liked(aim), rows)
            found |= self._collaborative(aim.tastes, rows, logged=logged)
            if logged:
                newest = tuple(taste for taste in aim.tastes[-RECENT:] if taste.weight > 0)
                found["graph_last"] = self.graph.scores(newest, rows)
                found |= self._habitual(aim, rows)
        if aim.wishes:
            found["wish"] = wished(aim.wishes, self.catalog, rows)
        return found

    def similar(self, aim: Aim, row: int) -> dict[str, float]:
        """Cosine similarity of one item to each of the liked ones that `taste` looks at."""
        liked = [t.item_id for t in _liked(aim)[-REMEMBERED:]]
        near = np.asarray(self.embeddings[self.catalog.positions(liked)], dtype=np.float32) @ self.embeddings[row]
        return {item_id: float(s) for item_id, s in zip(liked, near, strict=True)}

    def _alike(self, aim: Aim, vectors: Matrix) -> dict[str, Scores]:
        recent = aim.tastes[-REMEMBERED:]
        near = vectors @ np.asarray(self.embeddings[self.catalog.positions(t.item_id for t in recent)]).T
        weights = np.array([t.weight for t in recent], dtype=np.float32)
        likes, dislikes = weights > 0, weights < 0
        found: dict[str, Scores] = {}
        if likes.any():
            mean = near[:, likes] @ weights[likes] / weights[likes].sum()
            found["taste"] = np.asarray((mean + (near[:, likes] * weights[likes]).max(axis=1)) / 2, dtype=np.float32)
        if dislikes.any():
            pushed = _relative(np.append((near[:, dislikes] * -weights[dislikes]).max(axis=1), np.float32(1)))[:-1]
            found["dislike"] = -np.maximum(pushed, 0)
        return found

    def _habitual(self, aim: Aim, rows: Rows) -> dict[str, Scores]:
        timed = [(self.catalog.position(t.item_id), t.at) for t in aim.tastes if t.at is not None]
        if self.habits is None or not timed:
            return {}
        items, times = (np.array(column) for column in zip(*timed, strict=True))
        here = {name: column[rows] for name, column in self.common.items()}
        return self.habits.of_one(items.astype(np.int64), times.astype(np.float64), self.as_of, here)

    def _collaborative(self, tastes: tuple[Taste, ...], rows: Rows, *, logged: bool) -> dict[str, Scores]:
        ids = [self.catalog.ids[row] for row in rows]
        met = np.asarray(self.common["popularity"][rows] > 0) if "popularity" in self.common else np.True_
        wanted: tuple[tuple[str, CFModel | None, tuple[Taste, ...]], ...]
        if logged:
            chosen = tuple(replace(t, weight=1.0) for t in tastes)
            wanted = (
                ("met", self.filters.met, chosen),
                ("met_last", self.filters.met, chosen[-RECENT:]),
                ("lately", self.filters.lately, chosen),
            )
        else:
            wanted = (("cf", self.filters.cf, tastes), ("last", self.filters.cf, tastes[-RECENT:]))
        scored = {name: model.scores(history, ids) for name, model, history in wanted if model is not None}
        return {name: np.where(met, column, np.float32(np.nan)) for name, column in scored.items()}


def wished(wishes: tuple[Wish, ...], catalog: Catalog, rows: Rows) -> Scores:
    """Weigh some items by the wishes they meet, shape (len(rows),): between -1 and 1, 0 where no wish applies."""
    total = np.zeros(len(rows), dtype=np.float32)
    for wish in wishes:
        total[catalog.holding(wish.facet, wish.value, rows)] += wish.weight
    return np.asarray(total / sum(abs(wish.weight) for wish in wishes), dtype=np.float32)


def _relative(closeness: Scores) -> Scores:
    """Scale so that 0 is an ordinary candidate (the median) and 1 the closest: cosines mean little across embedders."""
    if not closeness.size:
        return closeness
    ordinary, best = float(np.median(closeness)), float(closeness.max())
    return np.asarray((closeness - ordinary) / max(best - ordinary, 1e-6), dtype=np.float32)


def _liked(aim: Aim) -> tuple[Taste, ...]:
    return tuple(taste for taste in aim.tastes if taste.weight > 0)


def _unit(vector: Vector) -> Vector | None:
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length, dtype=np.float32) if length > 0 else None
