"""The catalogue in memory: items by id, facet columns, and exact answers to 'which items satisfy this?'."""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from retrieval.errors import CatalogError
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.picture import Picture, picture_of
from retrieval.postings import Postings
from retrieval.translation import Translation
from retrieval.types import Constraint, FacetValue, Item, Op, Relaxation, Scalar

Mask: TypeAlias = NDArray[np.bool_]
"""Shape (n items,), in catalogue order."""


@dataclass(frozen=True)
class Labels:
    """The values of a categorical facet, and which items hold each."""

    names: tuple[str, ...]
    held: Postings

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Column by name."""
        return {name: column for column, name in enumerate(self.names)}

    @cached_property
    def matrix(self) -> sparse.csc_matrix:
        """Incidence, shape (n items, n values)."""
        ones = np.ones(len(self.held.rows), dtype=np.float32)
        return sparse.csc_matrix((ones, self.held.rows, self.held.ends), shape=(self.held.size, len(self.names)))


@dataclass(frozen=True, slots=True)
class Columns:
    """What is known of items without looking at them, in their order."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    numbers: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    labels: Mapping[str, Labels] = field(default_factory=dict)


class Catalog:
    """Items of one catalogue in a fixed order, with one column per facet. Immutable after construction."""

    def __init__(
        self,
        items: Sequence[Item],
        spec: CatalogSpec,
        translations: Mapping[str, Translation] | None = None,
        columns: Columns | None = None,
    ) -> None:
        """Take the items; with `columns`, none of them is looked at before it is asked for."""
        self.items = items if columns else tuple(items)
        self.spec = spec
        self.translations = dict(translations or {})
        """By language code; a language without one is told in the catalogue's own words."""
        self.ids = columns.ids if columns else tuple(item.item_id for item in self.items)
        self._titles = columns.titles if columns else None
        self._position = {item_id: row for row, item_id in enumerate(self.ids)}
        if len(self._position) != len(self.items):
            twice = next((item_id for item_id, n in Counter(self.ids).items() if n > 1), "")
            raise CatalogError(f"item_id {twice!r} occurs twice; a catalogue holds each id once")
        self._labels: dict[str, Labels] = dict(columns.labels) if columns else {}
        self._numbers: dict[str, NDArray[np.float64]] = dict(columns.numbers) if columns else {}
        self._bounds: dict[str, tuple[float, float] | None] = {}

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles, in order."""
        return self._titles if self._titles is not None else tuple(item.title for item in self.items)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._position

    def heard(self, code: str) -> "Catalog":
        """The same catalogue, with the words that people use for it in a language."""
        translation = self.translations.get(code)
        if translation is None:
            return self
        other = copy(self)
        other.spec = translation.heard(self.spec)
        return other

    def get(self, item_id: str) -> Item | None:
        """Look an item up by its id."""
        row = self._position.get(item_id)
        return None if row is None else self.items[row]

    def picture(self, item: Item) -> Picture | None:
        """What shows an item."""
        return picture_of(item, self.spec)

    def position(self, item_id: str) -> int:
        """Row of an item; KeyError for an id that is not in the catalogue."""
        return self._position[item_id]

    def positions(self, item_ids: Iterable[str]) -> NDArray[np.int64]:
        """Rows of those ids that are in the catalogue, in the given order."""
        return np.array([self._position[i] for i in item_ids if i in self._position], dtype=np.int64)

    def facet(self, name: str) -> FacetSpec:
        """Specification of a facet; CatalogError if there is none of that name."""
        spec = self.spec.facets.get(name)
        if spec is None:
            raise CatalogError(f"no facet {name!r} in this catalogue; it has {', '.join(sorted(self.spec.facets))}")
        return spec

    def values(self, facet: str) -> Mapping[str, int]:
        """How many items hold each value of a categorical facet, most frequent first."""
        labels = self.label_column(facet)
        counts = labels.held.counts
        order = np.argsort(-counts, kind="stable")
        return {labels.names[i]: int(counts[i]) for i in order}

    def bounds(self, facet: str) -> tuple[float, float] | None:
        """Smallest and largest value of a numeric, date (ordinal) or boolean facet; None if no item has one."""
        if facet not in self._bounds:
            column = self.numbers(facet)
            nothing = np.isnan(column).all()
            self._bounds[facet] = None if nothing else (float(np.nanmin(column)), float(np.nanmax(column)))
        return self._bounds[facet]

    def numbers(self, facet: str) -> NDArray[np.float64]:
        """Column of a numeric, date (ordinal) or boolean facet, NaN where unknown; shape (n items,)."""
        if facet not in self._numbers:
            self.facet(facet)
            raw = (item.facets.get(facet) for item in self.items)
            self._numbers[facet] = np.array([np.nan if v is None else as_number(v) for v in raw], dtype=np.float64)
        return self._numbers[facet]

    def labels(self, facet: str) -> tuple[tuple[str, ...], sparse.csc_matrix]:
        """Value names and the (n items, n values) incidence matrix of a categorical facet."""
        labels = self.label_column(facet)
        return labels.names, labels.matrix

    def holders(self, facet: str, value: Scalar) -> NDArray[np.int64]:
        """Rows of the items that hold a value, ascending."""
        if self.facet(facet).kind != "categorical":
            return np.flatnonzero(self.numbers(facet) == as_number(value))
        labels = self.label_column(facet)
        column = labels.index.get(str(value))
        return np.empty(0, dtype=np.int64) if column is None else labels.held.holding(column).astype(np.int64)

    def holding(self, facet: str, value: Scalar, rows: NDArray[np.int64]) -> Mask:
        """Which of some items hold a value, shape (len(rows),)."""
        if self.facet(facet).kind != "categorical":
            return np.asarray(self.numbers(facet)[rows] == as_number(value))
        labels = self.label_column(facet)
        column = labels.index.get(str(value))
        return np.asarray(labels.held.sums_at({} if column is None else {column: 1.0}, rows) > 0)

    def mask(self, constraints: Sequence[Constraint], exclude: Iterable[str] = ()) -> Mask:
        """Which items satisfy every constraint and are not excluded."""
        keep = np.ones(len(self), dtype=np.bool_)
        for constraint in constraints:
            keep &= self._satisfies(constraint)
        keep[self.positions(exclude)] = False
        return keep

    def relaxations(self, constraints: Sequence[Constraint], exclude: Iterable[str] = ()) -> tuple[Relaxation, ...]:
        """Return the smallest sets of constraints without which something matches, most matches first."""
        excluded = tuple(exclude)
        masks = [self._satisfies(c) for c in constraints]
        allowed = self.mask((), excluded)
        for size in range(1, len(constraints) + 1):
            found = [
                Relaxation(tuple(constraints[i] for i in drop), count)
                for drop in _subsets(len(constraints), size)
                if (count := int(_all(allowed, [m for i, m in enumerate(masks) if i not in drop]).sum())) > 0
            ]
            if found:
                return tuple(sorted(found, key=lambda r: -r.count))
        return ()

    def _satisfies(self, constraint: Constraint) -> Mask:
        if self.facet(constraint.facet).kind == "categorical":
            return self._satisfies_labels(constraint)
        column = self.numbers(constraint.facet)
        targets = [as_number(v) for v in constraint.values]
        match constraint.op:
            case Op.IN:
                return np.isin(column, targets)
            case Op.NOT_IN:
                return ~np.isin(column, targets)
            case Op.GE:
                return column >= targets[0]
            case Op.LE:
                return column <= targets[0]
            case Op.GT:
                return column > targets[0]
            case Op.LT:
                return column < targets[0]

    def _satisfies_labels(self, constraint: Constraint) -> Mask:
        if constraint.op not in (Op.IN, Op.NOT_IN):
            raise CatalogError(f"{constraint.op.value!r} cannot compare {constraint.facet!r}: its values are words")
        held = np.zeros(len(self), dtype=np.bool_)
        for value in constraint.values:
            held[self.holders(constraint.facet, value)] = True
        return held if constraint.op is Op.IN else ~held

    def label_column(self, facet: str) -> Labels:
        """The values of a categorical facet and who holds them; CatalogError for other kinds."""
        if facet not in self._labels:
            if self.facet(facet).kind != "categorical":
                raise CatalogError(f"facet {facet!r} is {self.facet(facet).kind}, not categorical")
            index: dict[str, int] = {}
            rows, columns = array("i"), array("i")
            for row, item in enumerate(self.items):
                for value in as_labels(item.facets.get(facet)):
                    rows.append(row)
                    columns.append(index.setdefault(value, len(index)))
            place = (np.frombuffer(rows, dtype=np.int32), np.frombuffer(columns, dtype=np.int32))
            held = sparse.csc_matrix((np.ones(len(rows), dtype=np.bool_), place), shape=(len(self), len(index)))
            self._labels[facet] = Labels(tuple(index), Postings.of(held, weighted=False))
        return self._labels[facet]

    @cached_property
    def filterable(self) -> tuple[str, ...]:
        """Names of the facets that constraints may use."""
        return tuple(name for name, spec in self.spec.facets.items() if spec.filterable)


def as_number(value: FacetValue | Scalar) -> float:
    """Numbers, dates (ordinal) and booleans as a float; CatalogError for words."""
    if isinstance(value, date):
        return float(value.toordinal())
    if isinstance(value, bool | int | float):
        return float(value)
    raise CatalogError(f"{value!r} is not a number, a date or a yes/no")


def as_labels(value: FacetValue | None) -> tuple[str, ...]:
    """Return the values of a categorical facet, each once."""
    if value is None:
        return ()
    return tuple(dict.fromkeys(value)) if isinstance(value, tuple) else (str(value),)


def _subsets(n: int, size: int) -> list[frozenset[int]]:
    return [frozenset(c) for c in combinations(range(n), size)]


def _all(start: Mask, masks: Sequence[Mask]) -> Mask:
    return np.asarray(np.logical_and.reduce([start, *masks]), dtype=np.bool_)
