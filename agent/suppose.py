"""What-ifs, and the yes to what was offered: counts first, and the list changes only when the person says so."""

from dataclasses import replace

from agent.fetch import fetch, query_of
from agent.observations import Said, Supposed
from agent.plan import Recommend, Search
from agent.query import continued
from agent.work import Work

_NAMED = 3


def suppose(action: Search, work: Work) -> Work:
    """Count what another condition, or one less, would bring, and offer it; the list and its conditions stay."""
    last = work.dialogue.last or Recommend()
    other = continued(last, action.model_copy(update={"keep": True}))
    now, then = query_of(last, work), query_of(other, work)
    mask = work.index.catalog.mask
    found = work.index.retriever.retrieve(then).candidates
    listed = work.dialogue.shown[-1] if work.dialogue.shown else ()
    fresh = [c.item for c in found if c.item.item_id not in listed]
    seen = Supposed(
        tuple(c for c in now.constraints if c not in then.constraints),
        tuple(c for c in then.constraints if c not in now.constraints),
        int(mask(now.constraints, now.exclude).sum()),
        int(mask(then.constraints, then.exclude).sum()),
        tuple(fresh[:_NAMED]),
    )
    return replace(work, dialogue=replace(work.dialogue, offer=other)).seeing(seen)


def accept(work: Work) -> Work:
    """Fetch what the reply before offered; a yes to nothing is not understood."""
    offer = work.dialogue.offer
    return work.seeing(Said("unclear")) if offer is None else fetch(offer, work)
