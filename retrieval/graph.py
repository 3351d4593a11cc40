"""Items linked through the facet values they share, as a sparse bipartite graph; its paths are evidence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from retrieval.catalog import Catalog
from retrieval.ports import Scores
from retrieval.postings import Postings
from retrieval.types import Taste

COMMON = 0.5
"""A value that more than this share of the items hold says nothing about any two of them; it links nothing."""


@dataclass(frozen=True, slots=True)
class Path:
    """`source` and the target both hold `value` of `facet`; `weight` is what the link adds to the target's score."""

    source: str
    facet: str
    value: str
    weight: float


class Graph:
    """Items and the categorical values they hold. Immutable.

    The link of two items through a value weighs sqrt(idf) / (size of one's list * size of the other's) ** (1 / 4):
    with idf = log(n / holders) / log(n) in [0, 1] (Spärck Jones 1972, scaled), a rare value binds more than a common
    one, and an item is not close to everything for holding a long list. The exponents are those that best told what
    people like together from what they do not (EXPERIMENTS.md). The item-item matrix is never built: a score sums the
    weights of the values that an item shares with the judged ones.
    """

    def __init__(self, catalog: Catalog, facets: Sequence[str] | None = None) -> None:
        """Link by `facets`; by every categorical facet that reasons may cite if None. CatalogError for other kinds."""
        self._catalog = catalog
        names: list[tuple[str, str]] = []
        columns = [sparse.csc_matrix(np.zeros((len(catalog), 0), dtype=np.float32))]
        for facet in linking_facets(catalog) if facets is None else facets:
            values, held = catalog.labels(facet)
            keep, weighted = _weighted(held)
            names += [(facet, values[i]) for i in keep]
            columns.append(weighted)
        self._values = tuple(names)
        self._held: sparse.csr_matrix = sparse.hstack(columns, format="csr")
        self._holders = Postings.of(self._held.tocsc(), weighted=True)

    @property
    def links(self) -> sparse.csr_matrix:
        """Weighted values per item, shape (n items, values): two items are linked by the product of their rows."""
        return self._held

    def scores(self, tastes: Iterable[Taste], rows: NDArray[np.int64] | None = None) -> Scores:
        """Score items by their links to the judged ones: those in `rows`, or all in catalogue order.

        The sum over tastes of weight times link, over the sum of absolute weights; unknown ids are left out. All
        zeros when nothing is linked.
        """
        pull = self._pull(tastes)
        return self._holders.sums(pull) if rows is None else self._holders.sums_at(pull, rows)

    def closest(self, liked: Iterable[Taste], mask: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
        """Rows in the mask of the at most k items with the highest scores above 0, ties by row; for likes only."""
        return self._holders.best(self._pull(liked), mask, k)

    def _pull(self, tastes: Iterable[Taste]) -> dict[int, float]:
        """What holding each value adds to a score."""
        known = self._weights(tastes)
        if not known:
            return {}
        weights = np.array(list(known.values()), dtype=np.float32)
        pull = self._held[list(known)].T @ (weights / np.abs(weights).sum())
        values = np.flatnonzero(pull)
        return dict(zip(values.tolist(), pull[values].tolist(), strict=True))

    def paths(self, tastes: Iterable[Taste], target: str) -> tuple[Path, ...]:
        """Every link from judged items to `target`, strongest first; their weights sum to its score."""
        known = self._weights(tastes)
        if target not in self._catalog or not known:
            return ()
        mass = sum(abs(w) for w in known.values())
        goal = self._row(self._catalog.position(target))
        found = [
            Path(self._catalog.ids[row], *self._values[v], weight / mass * link * goal[v])
            for row, weight in known.items()
            for v, link in self._row(row).items()
            if v in goal
        ]
        return tuple(sorted(found, key=lambda path: (-path.weight, path.source, path.facet, path.value)))

    def _weights(self, tastes: Iterable[Taste]) -> dict[int, float]:
        """Weight by row; the newest judgement of an item counts, those of no weight drop out."""
        newest = {self._catalog.position(t.item_id): t.weight for t in tastes if t.item_id in self._catalog}
        return {row: weight for row, weight in newest.items() if weight}

    def _row(self, position: int) -> Mapping[int, float]:
        start, end = self._held.indptr[position : position + 2]
        pairs = zip(self._held.indices[start:end], self._held.data[start:end], strict=True)
        return {int(v): float(w) for v, w in pairs}


def linking_facets(catalog: Catalog) -> tuple[str, ...]:
    """Return the categorical facets that reasons may cite."""
    facets = catalog.spec.facets.items()
    return tuple(name for name, spec in facets if spec.kind == "categorical" and spec.explainable)


def _weighted(held: sparse.csc_matrix) -> tuple[NDArray[np.int64], sparse.csc_matrix]:
    """Columns that link at least two items and are not too common, weighted; and which columns those are."""
    items = held.shape[0]
    holders = np.asarray(held.getnnz(axis=0))
    keep = np.flatnonzero((holders >= 2) & (holders <= COMMON * items))
    idf = (np.log(items / holders[keep]) / np.log(max(items, 2))) ** 0.25
    lengths = np.maximum(np.asarray(held.getnnz(axis=1)), 1) ** 0.25
    weighted = sparse.diags_array(1 / lengths) @ held[:, keep] @ sparse.diags_array(idf)
    return keep, sparse.csc_matrix(weighted, dtype=np.float32)
