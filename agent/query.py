"""From the ledger and a fetch to a retrieval query. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.plan import Filter, Order, Recommend, Search, SimilarTo
from agent.profile import Preference, Statement
from agent.types import Fetch
from retrieval.types import Constraint, Op, Query, Scalar, Sort, Taste, Wish

_REJECTED = 0.3
"""Weight of 'not interested' next to a dislike: it may only mean 'not tonight'."""
_SEARCH_COUNT = 5


@dataclass(frozen=True, slots=True)
class Need:
    """One fetch with everything resolved: what a query is made of besides the ledger."""

    text: str = ""
    qualities: tuple[Wish, ...] = ()
    """Facet values that the text leans to."""
    anchors: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    sort: Sort | None = None
    exclude: frozenset[str] = frozenset()
    k: int = _SEARCH_COUNT
    diversity: float = 0.3
    surprise: bool = False


def build(need: Need, preferences: Sequence[Preference], history: Sequence[Taste] = ()) -> Query:
    """Combine a need with what holds in the ledger. What the fetch asks for outright wins over a standing dislike."""
    said = [p.said for p in preferences]
    judged = [s for s in said if s.kind == "item"]
    wanted = [s for s in said if s.kind == "wish" and s.polarity > 0]
    text = need.text if need.text or need.anchors else "; ".join(s.label for s in wanted)
    return Query(
        text=text,
        tastes=(*history, *(_taste(s) for s in judged if s.rated)),
        anchors=need.anchors,
        constraints=(*need.constraints, *_standing(said, need.constraints)),
        wishes=(*need.qualities, *_wishes(said)),
        avoid="; ".join(s.label for s in said if s.kind == "wish" and s.polarity < 0),
        exclude=need.exclude | {str(s.values[0]) for s in judged} | {t.item_id for t in history},
        sort=need.sort,
        k=need.k,
        diversity=0.8 if need.surprise else need.diversity,
    )


def constraint_of(said: Statement) -> Constraint:
    """Read a hard statement as a condition."""
    if said.kind == "bound" or said.polarity > 0:
        return Constraint(said.facet, said.op, said.values)
    return Constraint(said.facet, Op.NOT_IN, said.values)


def continued(last: Fetch | None, action: Search) -> Fetch:
    """Continue the last fetch: new filters replace those of the same facet and direction, dropped facets go."""
    if last is None or not action.keep:
        return action
    kept = [
        f for f in last.filters if f.facet not in action.drop and not any(_replaces(new, f) for new in action.filters)
    ]
    filters = (*kept, *action.filters)
    count = action.count or last.count
    if isinstance(last, SimilarTo):
        twist = action.query or last.twist
        return last.model_copy(update={"filters": filters, "twist": twist, "count": count})
    if isinstance(last, Recommend) and not action.query and action.sort is None:
        return Recommend(filters=filters, count=count)
    query = action.query or (last.query if isinstance(last, Search) else "")
    sort = action.sort or (last.sort if isinstance(last, Search) else None)
    return Search(query=query, filters=filters, sort=sort, count=count)


def without(last: Fetch | None, said: Iterable[Statement]) -> Fetch | None:
    """What a new dislike rules out is no longer asked for: a critique would bring it back."""
    out = {(s.facet, v) for s in said if s.hard and s.kind == "facet" and s.polarity < 0 for v in s.values}
    if last is None or not out:
        return last
    kept = [f if f.op is not Op.IN else _less(f, out) for f in last.filters]
    return last.model_copy(update={"filters": tuple(f for f in kept if f is not None)})


def _less(asked: Filter, out: set[tuple[str, Scalar]]) -> Filter | None:
    values = tuple(v for v in asked.values if (asked.facet, v) not in out)
    return asked.model_copy(update={"values": values}) if values else None


def sort_of(order: Order | None) -> Sort | None:
    """Read an order of the plan as a sort of the query."""
    return None if order is None else Sort(order.facet, order.descending)


def _replaces(new: Filter, old: Filter) -> bool:
    if new.facet != old.facet:
        return False
    sides = ({Op.GE, Op.GT}, {Op.LE, Op.LT})
    return new.op == old.op or any(new.op in side and old.op in side for side in sides)


def _standing(said: Iterable[Statement], asked: Sequence[Constraint]) -> Iterable[Constraint]:
    for s in said:
        if s.hard and s.facet and not any(_overrides(c, s) for c in asked):
            yield constraint_of(s)


def _overrides(asked: Constraint, standing: Statement) -> bool:
    if asked.facet != standing.facet:
        return False
    if standing.kind == "bound":
        return asked.op is not Op.NOT_IN
    if standing.polarity < 0:
        return asked.op is Op.IN and bool(set(asked.values) & set(standing.values))
    return asked.op is Op.IN


def _taste(said: Statement) -> Taste:
    weight = said.polarity * (said.confidence if said.polarity > 0 else max(said.confidence, _REJECTED))
    return Taste(str(said.values[0]), weight)


def _wishes(said: Iterable[Statement]) -> Iterable[Wish]:
    for s in said:
        if s.kind == "facet" and not s.hard:
            for value in s.values:
                yield Wish(s.facet, value, s.polarity * s.confidence)
