"""Items side by side: what differs, what they share, and which of them fits the person's taste better."""

from collections.abc import Sequence

from agent.observations import Compared, Unresolved
from agent.plan import Compare, Order
from agent.query import Need, build
from agent.resolve import item_of
from agent.wording import Wording
from agent.work import Work
from retrieval.catalog import as_labels, as_number
from retrieval.manifest import FacetSpec
from retrieval.types import Candidate, FacetValue, Item

_MARGIN = 0.02
"""Scores closer than this are no reason to prefer one."""


def compare(call: Compare, work: Work) -> Work:
    """Put items side by side over the facets that at least one of them has."""
    scene = work.scene
    found = [item_of(m, scene) for m in call.items]
    ids = tuple(dict.fromkeys(i.item_id for i in found if isinstance(i, Item)))
    items = tuple(item for i in ids if (item := scene.catalog.get(i)))
    unknown = tuple(u for u in found if isinstance(u, Unresolved))
    if len(items) < 2:
        return work.seeing(*(unknown or (Unresolved(", ".join(call.items)),)))
    rows, shared = _facets(items, scene.wording)
    better = None if call.by else _better(items, work)
    asked = call.by.facet if call.by else ""
    return work.seeing(*unknown, Compared(items, rows, shared, better, asked, _winner(items, call.by)))


def _facets(
    items: Sequence[Item], wording: Wording
) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[tuple[str, str], ...]]:
    """The facets in which items differ, with the value of each; and those that they share, in full or in part."""
    rows: list[tuple[str, tuple[str, ...]]] = []
    shared: list[tuple[str, str]] = []
    for name, spec in wording.spec.facets.items():
        held = [item.facets.get(name) for item in items]
        if not spec.explainable or spec.kind in ("text", "image") or all(v is None for v in held):
            continue
        common = _common(held, spec)
        if common is not None:
            shared.append((name, wording.value(name, common)))
        if any(v != held[0] for v in held):
            rows.append((spec.label, tuple("" if v is None else wording.value(name, v) for v in held)))
    return tuple(rows), tuple(shared)


def _common(held: Sequence[FacetValue | None], spec: FacetSpec) -> FacetValue | None:
    """What all hold; None if nothing."""
    first = held[0]
    if any(v is None for v in held) or first is None:
        return None
    if spec.kind == "categorical":
        return tuple(v for v in as_labels(first) if all(v in as_labels(other) for other in held)) or None
    return first if all(v == first for v in held) else None


def _better(items: Sequence[Item], work: Work) -> Candidate | None:
    """The item that what is known of the person speaks for; judged itself, an item is scored as if it was not."""
    ids = {item.item_id for item in items}
    said = [p for p in work.preferences if not (p.said.kind == "item" and str(p.said.values[0]) in ids)]
    history = tuple(t for t in work.history if t.item_id not in ids)
    query = build(Need(), said, history)
    if not (query.tastes or query.wishes or query.text or query.avoid):
        return None
    scores = work.index.retriever.worth(query, [item.item_id for item in items])
    ranked = sorted(zip(scores, items, strict=True), key=lambda pair: -pair[0])
    if ranked[0][0] - ranked[1][0] < _MARGIN:
        return None
    return work.index.retriever.explain(query, ranked[0][1].item_id)


def _winner(items: Sequence[Item], by: Order | None) -> Item | None:
    """The item with the most or the least of a facet, if all have a value and one of them leads."""
    if by is None:
        return None
    held = [item.facets.get(by.facet) for item in items]
    values = [as_number(v) for v in held if v is not None and not isinstance(v, str | tuple)]
    if len(values) < len(items):
        return None
    best = max(values) if by.descending else min(values)
    return items[values.index(best)] if values.count(best) == 1 else None
