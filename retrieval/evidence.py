"""Why a candidate is in a list: grounds that a person, or a program, can look up in the catalogue."""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from retrieval.catalog import Catalog, as_number
from retrieval.graph import Graph, Path
from retrieval.ports import CFModel
from retrieval.signals import Filters
from retrieval.spans import Words
from retrieval.types import Candidate, Constraint, Evidence, Item, Op, Query, Scalar, Taste, Wish

_Key = TypeVar("_Key")

_MOST = 3
"""Grounds kept of one kind and signal; more would not be read."""
_LEAST = 0.01
"""Grounds that carry less than this share of a score are left out."""
_SIGNS = {Op.GE: ">=", Op.LE: "<=", Op.GT: ">", Op.LT: "<"}
_COMPARE: Mapping[Op, Callable[[float, float], bool]] = {
    Op.GE: operator.ge, Op.LE: operator.le, Op.GT: operator.gt, Op.LT: operator.lt
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signals:
    """What the pipeline knows of one candidate: `raw` feature values, and `parts` of its fused score, by feature."""

    raw: Mapping[str, float]
    parts: Mapping[str, float]
    similar: Mapping[str, float]
    """Cosine similarity to each liked item and anchor."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """The sources of evidence of one catalogue."""

    catalog: Catalog
    graph: Graph
    words: Words
    filters: Filters
    newness: str = ""
    """The facet that the feature 'recency' reads; empty if it reads the log."""

    def of(self, item: Item, query: Query, tastes: tuple[Taste, ...], signals: Signals) -> tuple[Evidence, ...]:
        """Collect the grounds of a candidate, heaviest first.

        A weight is the share of the ground in the sum of all positive parts of the fused score, split inside a signal
        by what each source adds to it; conditions weigh 0, they decide but do not score. By kind, `ref` and `detail`:

        - cf: a liked item's id; its title.
        - text: `description:start-end` of the candidate; the sentence there, '' when no sentence shares a telling word
          with the query and the description matches as a whole. Or a liked item's id, whose text is alike; its title.
        - graph: a liked item's id; the `facet=value` both hold.
        - facet: `facet=value` that several liked items share with the candidate; 'held/liked', such as '3/4'.
        - wish: `facet=value` the candidate holds; the value, as wished or named in the query text. For a condition
          that it meets: `facet=value` and the value or the bound ('<= 120'); `facet!=value` and the value ruled out.
        - popularity: the window of the log that says most, as a feature's name; events in it.
        - recency: `facet=value`; the value.
        """
        total = sum(part for part in signals.parts.values() if part > 0)
        shares = {name: part / total for name, part in signals.parts.items() if part > 0}
        found = (
            *self._cf(self.filters.cf, item, tastes, shares.get("cf", 0.0) + shares.get("last", 0.0)),
            *self._cf(self.filters.met, item, tastes, shares.get("met", 0.0) + shares.get("met_last", 0.0)),
            *self._cf(self.filters.lately, item, tastes, shares.get("lately", 0.0)),
            *self._alike(signals.similar, shares.get("taste", 0.0)),
            *self._linked(item, tastes, shares.get("graph", 0.0) + shares.get("graph_last", 0.0)),
            *self._text(item, query.text, shares.get("content", 0.0)),
            *_wished(item, query.wishes, shares.get("wish", 0.0)),
            *self._current(item, signals.raw, shares),
        )
        strong = sorted((e for e in found if e.weight >= _LEAST), key=lambda e: (-e.weight, e.kind, e.ref, e.detail))
        return (*strong, *(e for c in query.constraints for e in _met(item, c)))

    def _cf(self, model: CFModel | None, item: Item, tastes: tuple[Taste, ...], share: float) -> Iterator[Evidence]:
        if model is not None and share > 0:
            liked = {t.item_id for t in tastes if t.weight > 0}  # a dislike can lift a score, but nobody likes both
            drivers = [(i, w) for i, w in model.contributions(tastes, item.item_id) if w > 0 and i in liked]
            for item_id, part in _split(drivers, share):
                yield Evidence("cf", item_id, self._title(item_id), part)

    def _alike(self, similar: Mapping[str, float], share: float) -> Iterator[Evidence]:
        for item_id, part in _split([(i, s) for i, s in similar.items() if s > 0], share):
            yield Evidence("text", item_id, self._title(item_id), part)

    def _linked(self, item: Item, tastes: tuple[Taste, ...], share: float) -> Iterator[Evidence]:
        paths = [path for path in self.graph.paths(tastes, item.item_id) if path.weight > 0] if share > 0 else []
        by_value: dict[tuple[str, str], list[Path]] = {}
        for path in paths:
            by_value.setdefault((path.facet, path.value), []).append(path)
        weights = [(key, sum(path.weight for path in group)) for key, group in by_value.items()]
        liked = len({taste.item_id for taste in tastes if taste.weight > 0})
        for key, part in _split(weights, share):
            group, shared = by_value[key], f"{key[0]}={key[1]}"
            if len(group) > 1:
                yield Evidence("facet", shared, f"{len(group)}/{liked}", part)
            else:
                yield Evidence("graph", group[0].source, shared, part)

    def _text(self, item: Item, text: str, share: float) -> Iterator[Evidence]:
        if share <= 0 or not text:
            return
        named = [(facet, value) for facet, value in _cited(item, self.catalog) if self.words.named_in(value, text)]
        span = self.words.best_span(item.description, text)
        each = share / (len(named) + 1)
        start, end = (span.start, span.end) if span else (0, len(item.description))
        yield Evidence("text", f"description:{start}-{end}", item.description[start:end] if span else "", each)
        for facet, value in named:
            yield Evidence("wish", f"{facet}={value}", value, each)

    def _current(self, item: Item, raw: Mapping[str, float], shares: Mapping[str, float]) -> Iterator[Evidence]:
        crowd = {name: share for name, share in shares.items() if name.startswith(("popularity", "trend"))}
        if crowd:
            loudest = max(crowd, key=lambda name: crowd[name])
            yield Evidence("popularity", loudest, f"{raw[loudest]:.0f}", sum(crowd.values()))
        value = item.facets.get(self.newness)
        if value is not None and "recency" in shares:
            yield Evidence("recency", f"{self.newness}={shown(value)}", shown(value), shares["recency"])

    def _title(self, item_id: str) -> str:
        item = self.catalog.get(item_id)
        return item.title if item else item_id


def shown(value: object) -> str:
    """Write a facet value as text that `ref` can carry: whole numbers without '.0', dates as ISO 8601."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


def holds(item: Item, facet: str, value: Scalar) -> bool:
    """Whether an item holds a value, among others or alone."""
    held = item.facets.get(facet)
    return value in held if isinstance(held, tuple) else held is not None and held == value


def _cited(item: Item, catalog: Catalog) -> Iterator[tuple[str, str]]:
    for facet, held in item.facets.items():
        spec = catalog.spec.facets.get(facet)
        if spec is not None and spec.explainable and spec.kind == "categorical":
            yield from ((facet, value) for value in (held if isinstance(held, tuple) else (str(held),)))


def _wished(item: Item, wishes: Iterable[Wish], share: float) -> Iterator[Evidence]:
    met = [(wish, wish.weight) for wish in wishes if wish.weight > 0 and holds(item, wish.facet, wish.value)]
    for wish, part in _split(met, share):
        yield Evidence("wish", f"{wish.facet}={shown(wish.value)}", shown(wish.value), part)


def _met(item: Item, constraint: Constraint) -> Iterator[Evidence]:
    facet, held = constraint.facet, item.facets.get(constraint.facet)
    if held is None:
        return
    if constraint.op is Op.NOT_IN:
        out = (v for v in constraint.values if not holds(item, facet, v))
        yield from (Evidence("wish", f"{facet}!={shown(v)}", shown(v), 0.0) for v in out)
    elif constraint.op is Op.IN:
        for value in constraint.values:
            if holds(item, facet, value):
                yield Evidence("wish", f"{facet}={shown(value)}", shown(value), 0.0)
    elif not isinstance(held, str | tuple) and _within(held, constraint):
        bound = f"{_SIGNS[constraint.op]} {shown(constraint.values[0])}"
        yield Evidence("wish", f"{facet}={shown(held)}", bound, 0.0)


def _within(held: float | date, bound: Constraint) -> bool:
    """Whether a number or a day keeps to a bound: what is explained need not."""
    return _COMPARE[bound.op](as_number(held), as_number(bound.values[0]))


def _split(weights: Iterable[tuple[_Key, float]], share: float) -> list[tuple[_Key, float]]:
    """Share a signal out among its sources in proportion to their weights; the heaviest few."""
    ranked = sorted(weights, key=lambda pair: -pair[1])
    total = sum(weight for _, weight in ranked)
    return [(key, share * weight / total) for key, weight in ranked[:_MOST]] if total > 0 else []


def resolves(evidence: Evidence, candidate: Candidate, catalog: Catalog) -> bool:
    """Whether the catalogue bears a ground out: the item exists, the span is there, the value is held (or is not)."""
    item = candidate.item
    match evidence.kind:
        case "cf" | "graph":
            return evidence.ref in catalog
        case "text" if evidence.ref.startswith("description:"):
            start, _, end = evidence.ref.removeprefix("description:").partition("-")
            return evidence.detail in ("", item.description[int(start) : int(end)])
        case "text":
            return evidence.ref in catalog
        case "popularity":
            return evidence.ref in candidate.parts
    facet, _, value = evidence.ref.partition("=")
    held = item.facets.get(facet.removesuffix("!"))
    values = {shown(v) for v in (held if isinstance(held, tuple) else (held,))}
    return (value in values) != facet.endswith("!")
