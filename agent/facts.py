"""Questions of fact: yes, no, a value, or not in the catalogue's data; and items side by side. Pure."""

from agent.observations import Answered, Compared, Unresolved
from agent.plan import Compare, Details
from agent.resolve import Scene, item_of, scalar_of, valued
from retrieval.catalog import as_labels
from retrieval.types import Item


def answer(call: Details, scene: Scene) -> Answered | Unresolved:
    """Answer from the facets of the item; a facet that it lacks is 'unknown', never 'no'."""
    item = item_of(call.item, scene)
    if isinstance(item, Unresolved):
        return item
    spec = scene.catalog.spec.facets.get(call.facet)
    if spec is None:
        if call.facet or call.question:
            return Answered(item, call.question, call.facet, "unknown")
        return Answered(item, "", "", "value", item.description)
    held = item.facets.get(call.facet)
    if held is None:
        return Answered(item, call.question, call.facet, "unknown")
    text = scene.wording.value(call.facet, held)
    if not call.value:
        return Answered(item, call.question, call.facet, "value", text)
    return Answered(item, call.question, call.facet, "yes" if _holds(item, call, scene) else "no", text)


def compare(call: Compare, scene: Scene) -> tuple[Compared | Unresolved, ...]:
    """Put items side by side over the facets that at least one of them has."""
    found = [item_of(m, scene) for m in call.items]
    items = tuple(dict.fromkeys(i.item_id for i in found if isinstance(i, Item)))
    known = tuple(item for i in items if (item := scene.catalog.get(i)))
    unknown = tuple(u for u in found if isinstance(u, Unresolved))
    if len(known) < 2:
        return unknown or (Unresolved(", ".join(call.items)),)
    return (*unknown, Compared(known, _rows(known, scene)))


def _holds(item: Item, call: Details, scene: Scene) -> bool:
    spec = scene.catalog.facet(call.facet)
    held = item.facets[call.facet]
    if spec.kind == "categorical":
        asked = valued(call.facet, call.value, scene)
        return asked is not None and str(asked.value) in as_labels(held)
    return scalar_of(call.value, spec) == held


def _rows(items: tuple[Item, ...], scene: Scene) -> tuple[tuple[str, tuple[str, ...]], ...]:
    rows: list[tuple[str, tuple[str, ...]]] = []
    wording = scene.wording
    for name, spec in wording.spec.facets.items():
        held = [item.facets.get(name) for item in items]
        if spec.explainable and spec.kind not in ("text", "image") and any(v is not None for v in held):
            rows.append((spec.label, tuple("" if v is None else wording.value(name, v) for v in held)))
    return tuple(rows)
