"""Questions of fact: yes, no, a value, or not in the catalogue's data. Pure."""

from agent.observations import Answered, Unresolved
from agent.plan import Details, Filter
from agent.resolve import Scene, condition_of, item_of, scalar_of, valued
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
    if call.condition is not None:
        return _bounded(item, call, call.condition, scene)
    if not call.value:
        return Answered(item, call.question, call.facet, "value", text)
    return Answered(item, call.question, call.facet, "yes" if _holds(item, call, scene) else "no", text)


def _bounded(item: Item, call: Details, asked: Filter, scene: Scene) -> Answered | Unresolved:
    condition = condition_of(asked, scene)
    if isinstance(condition, Unresolved):
        return condition
    holds = scene.catalog.mask([condition])[scene.catalog.position(item.item_id)]
    text = scene.wording.value(condition.facet, item.facets[condition.facet])
    return Answered(item, call.question, condition.facet, "yes" if holds else "no", text)


def _holds(item: Item, call: Details, scene: Scene) -> bool:
    spec = scene.catalog.facet(call.facet)
    held = item.facets[call.facet]
    if spec.kind == "categorical":
        asked = valued(call.facet, call.value, scene)
        return asked is not None and str(asked.value) in as_labels(held)
    return scalar_of(call.value, spec) == held
