"""From the memory calls of a plan to ledger statements, and from mentions to ledger records. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from agent.observations import Unresolved
from agent.plan import Filter, Mention, React, Remember
from agent.profile import Preference, Statement
from agent.resolve import Free, Scene, Valued, condition_of, item_of, thing_of
from agent.wording import item_label
from retrieval.types import Constraint, Item, Op

_VERDICTS = {
    "like": Statement("item", (), "", polarity=1),
    "dislike": Statement("item", (), "", polarity=-1),
    "seen": Statement("item", (), "", seen=True, rated=False),
    "reject": Statement("item", (), "", polarity=-1, confidence=0.3),
}


def statements_of(call: Remember, scene: Scene) -> tuple[tuple[Statement, ...], tuple[Unresolved, ...]]:
    """Read a `remember` call; mentions that cannot be resolved come back beside the statements."""
    made: list[Statement | Unresolved] = []
    made += [_taste(m, call, scene, polarity=1, hard=False) for m in call.likes]
    made += [_taste(m, call, scene, polarity=-1, hard=True) for m in call.dislikes]
    made += [_taste(m, call, scene, polarity=1, hard=False) for m in call.wants]
    made += [_taste(m, call, scene, polarity=-1, hard=True) for m in call.avoids]
    made += [_bound(f, call, scene) for f in call.constraints]
    return (
        tuple(s for s in made if isinstance(s, Statement)),
        tuple(s for s in made if isinstance(s, Unresolved)),
    )


def verdict_of(call: React, scene: Scene, words: str = "") -> Statement | Unresolved:
    """Read a `react` call."""
    item = item_of(call.item, scene)
    if isinstance(item, Unresolved):
        return item
    return replace(_VERDICTS[call.verdict], values=(item.item_id,), label=item_label(item, scene.catalog), words=words)


def named(what: Mention, active: Sequence[Preference], scene: Scene) -> tuple[Preference, ...]:
    """Which active records a person means by a mention; for 'everything', all of them."""
    if what.strip().casefold() == "everything":
        return tuple(active)
    thing = thing_of(what, scene)
    match thing:
        case Item():
            wanted = {thing.item_id}
            return tuple(p for p in active if p.said.kind == "item" and str(p.said.values[0]) in wanted)
        case Valued():
            return tuple(p for p in active if p.said.facet == thing.facet and thing.value in p.said.values)
        case _:
            folded = what.casefold().strip()
            return tuple(p for p in active if folded and _about(p.said, folded, scene))


def _about(said: Statement, folded: str, scene: Scene) -> bool:
    facet = scene.catalog.spec.facets.get(said.facet)
    names = (said.label, said.words, said.facet, facet.label if facet else "")
    return any(folded == n.casefold() for n in names if n) or folded in said.label.casefold()


def _taste(mention: Mention, call: Remember, scene: Scene, *, polarity: int, hard: bool) -> Statement | Unresolved:
    thing = thing_of(mention, scene)
    sign = 1 if polarity > 0 else -1
    common = Statement(
        "wish", (), "", polarity=1 if sign > 0 else -1, scope=call.scope, person=call.person, words=call.words
    )
    match thing:
        case Item():
            return replace(common, kind="item", values=(thing.item_id,), label=item_label(thing, scene.catalog))
        case Valued():
            label = scene.wording.named_value(thing.facet, thing.value)
            return replace(common, kind="facet", facet=thing.facet, values=(thing.value,), label=label, hard=hard)
        case Free():
            return replace(common, kind="wish", values=(thing.text,), label=thing.text)
        case Unresolved():
            return thing


def _bound(asked: Filter, call: Remember, scene: Scene) -> Statement | Unresolved:
    condition = condition_of(asked, scene)
    if isinstance(condition, Unresolved):
        return condition
    common = Statement(
        "bound",
        condition.values,
        scene.wording.condition(condition),
        facet=condition.facet,
        op=condition.op,
        hard=True,
        scope=call.scope,
        person=call.person,
        words=call.words,
    )
    if scene.catalog.facet(condition.facet).kind != "categorical":
        return common
    return _labelled(common, condition)


def _labelled(said: Statement, condition: Constraint) -> Statement:
    if condition.op is Op.NOT_IN:
        return replace(said, kind="facet", op=Op.IN, polarity=-1)
    return replace(said, kind="facet")
