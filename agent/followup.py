"""One question after a list, when its answer would change the list. Code decides, never a prompt."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from agent.asking import best_question
from agent.observations import Found, Question
from agent.plan import Action, Ask, Forget, Plan, Recommend, Search
from agent.work import Work
from retrieval.types import Item, Op

_SAMPLE = 50
"""A smaller pool says little about all that matches."""
_PER_ITEM = 4
"""A list that holds more than one in so many of what matches needs no question."""


def followed(plan: Plan, work: Work) -> tuple[Plan, Work]:
    """Add the question to the turn, if one is worth it.

    Never to a person who wants results now (a click, an order, 'surprise me', 'more', one item, a critique), never
    two turns running, never about a facet that was asked about or that the person has spoken of.
    """
    found = [o for o in work.observations if isinstance(o, Found)]
    if len(found) != 1 or not _is_welcome(plan, found[0], work):
        return plan, work
    catalog = work.index.catalog
    pool = _pool(found[0], work)
    shown = [c.item for c in found[0].candidates]
    question = best_question(pool, shown, _open(found[0], work))
    if question is None:
        return plan, work
    counts = catalog.values(question.facet)
    asked = replace(work.dialogue, asked=(*work.dialogue.asked, question.facet), question=question.facet)
    seen = Question(question.facet, tuple((v, counts[v]) for v in question.choices))
    return (
        Plan(actions=(*plan.actions, Ask(facet=question.facet))),
        replace(work, dialogue=asked).seeing(seen),
    )


def _pool(found: Found, work: Work) -> list[tuple[Item, float]]:
    """What the list was chosen from; where nothing ranks items yet, an even sample of all that match."""
    catalog = work.index.catalog
    pool = [(item, score) for i, score in found.pool if (item := catalog.get(i)) is not None]
    if len(pool) >= min(_SAMPLE, found.matching):
        return pool
    rows = np.flatnonzero(catalog.mask(found.constraints))
    return [(catalog.items[row], 1.0) for row in rows[:: max(len(rows) // _SAMPLE, 1)].tolist()]


def _is_welcome(plan: Plan, found: Found, work: Work) -> bool:
    kept = work.request.history is None and bool(work.request.user or work.request.session)
    room = len(plan.actions) < 12 and found.matching > _PER_ITEM * len(found.candidates)
    urgent = work.request.actions or found.sorted_by or found.more or found.anchors
    return kept and room and not urgent and not work.dialogue.question and not any(map(_is_hasty, plan.actions))


def _is_hasty(action: Action) -> bool:
    match action:
        case Search():
            return action.keep or action.count == 1
        case Recommend():
            return action.surprise or action.more or action.count == 1
        case Forget() | Ask():
            return True
    return False


def _open(found: Found, work: Work) -> Iterable[str]:
    """Facets of words that nothing was said about yet."""
    spoken = {c.facet for c in found.constraints if c.op is Op.IN} | {p.said.facet for p in work.preferences}
    for name, spec in work.index.catalog.spec.facets.items():
        useful = spec.kind == "categorical" and spec.filterable and spec.explainable and not spec.people
        if useful and name not in spoken and name not in work.dialogue.asked:
            yield name
