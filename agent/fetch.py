"""The calls that look for items, and those that explain a list: fetch, why, why not, and the one good question."""

from dataclasses import dataclass, replace

from agent.group import POOL, fair_order
from agent.observations import Explained, Found, Known, Missed, Nothing, Question, Unresolved
from agent.plan import Ask, Mention, Recommend, Search, SimilarTo, Why, WhyNot
from agent.profile import Preference, expire
from agent.query import Need, build, continued, sort_of
from agent.reach import reach
from agent.resolve import Scene, condition_of, conditions_of, item_of
from agent.types import Fetch
from agent.wording import item_label
from agent.work import Work
from retrieval.types import Item, Query, Relaxation, Retrieval, Taste, Wish

_CHOICES = 4


@dataclass(frozen=True, slots=True)
class _Asked:
    """A fetch with its mentions resolved, and those that were not."""

    need: Need
    anchors: tuple[Item, ...]
    unresolved: tuple[Unresolved, ...]


def fetch(action: Fetch, work: Work) -> Work:
    """Find items and put them on the list of the turn; says so when nothing fits."""
    asked_for, more = effective(action, work)
    if not (more or (isinstance(action, Search) and action.keep)):
        work = replace(work, profile=expire(work.profile, work.moment))
    if isinstance(action, Search) and is_not_sold(action.kind, work.scene):
        return work.seeing(Unresolved(action.kind, kind=True))
    asked = _resolve(asked_for, work)
    work = work.seeing(*asked.unresolved)
    if asked.unresolved and _is_void(asked):
        return work
    need = replace(asked.need, exclude=_shown_before(work) if more else frozenset())
    query = build(need, work.preferences, work.history)
    result = _retrieved(query, need, work)
    timings = {**work.timings_ms, **{k: work.timings_ms.get(k, 0.0) + v for k, v in result.timings_ms.items()}}
    work = replace(work, dialogue=replace(work.dialogue, last=asked_for), timings_ms=timings)
    if not result.candidates:
        return _nothing(query, result, asked_for, work)
    return work.seeing(
        Found(
            result.candidates,
            result.matching,
            query.constraints,
            anchors=asked.anchors,
            query=query.text,
            sorted_by=query.sort.facet if query.sort else "",
            more=more,
            pool=result.pool,
            spread=result.spread,
        )
    )


def _retrieved(query: Query, need: Need, work: Work) -> Retrieval:
    """What is found; for several people together, in the order that is fair to each of them."""
    retriever, members = work.index.retriever, _members(work)
    if len(members) < 2 or query.sort is not None:
        return retriever.retrieve(query)
    found = retriever.retrieve(replace(query, k=max(POOL, query.k)))
    ids = [c.item.item_id for c in found.candidates]
    tastes = (build(need, said, history) for said, history in members)
    order = fair_order([retriever.worth(taste, ids) for taste in tastes])
    return replace(found, candidates=tuple(found.candidates[i] for i in order[: query.k]))


def _members(work: Work) -> list[tuple[tuple[Preference, ...], tuple[Taste, ...]]]:
    """The tastes of those it is for, of each who has any."""
    if not (work.dialogue.together and work.dialogue.person):
        return []
    own = work.profile.active(work.dialogue.session)
    theirs = work.profile.active(work.dialogue.session, work.dialogue.person)
    return [(said, history) for said, history in ((own, work.history), (theirs, ())) if said or history]


def why(call: Why, work: Work) -> Work:
    """Explain an item under the last fetch."""
    item = item_of(call.item, work.scene)
    if isinstance(item, Unresolved):
        return work.seeing(item)
    return work.seeing(Explained(work.index.retriever.explain(_current(work, item), item.item_id)))


def missed(call: WhyNot, work: Work) -> Work:
    """Say what keeps an item off the list: a condition, that it is known already, or its rank; or why it is on it."""
    item = item_of(call.item, work.scene)
    if isinstance(item, Unresolved):
        return work.seeing(item)
    if item in work.scene.shown:
        return why(Why(item=call.item), work)
    query = _current(work, item)
    breaks = tuple(
        c for c in query.constraints if not work.index.catalog.mask([c])[work.index.catalog.position(item.item_id)]
    )
    known = _known(item, work.preferences)
    if breaks or known:
        return work.seeing(Missed(item, breaks, known))
    retriever = work.index.retriever
    return work.seeing(
        Missed(item, rank=retriever.rank_of(query, item.item_id), candidate=retriever.explain(query, item.item_id))
    )


def question(call: Ask, work: Work) -> Work:
    """Ask about a facet, with the values that most of the current candidates hold as choices."""
    catalog = work.index.catalog
    spec = catalog.spec.facets.get(call.facet)
    if spec is None or spec.kind != "categorical":
        return work.seeing(Unresolved(call.facet))
    asked = _resolve(work.dialogue.last or Recommend(), work)
    query = build(asked.need, work.preferences, work.history)
    names, column = catalog.labels(call.facet)
    counts = column[catalog.mask(query.constraints, query.exclude)].sum(axis=0).A1
    best = sorted(range(len(names)), key=lambda i: (-counts[i], names[i]))[:_CHOICES]
    dialogue = replace(work.dialogue, asked=(*work.dialogue.asked, call.facet), question=call.facet)
    choices = tuple((names[i], int(counts[i])) for i in best if counts[i])
    return replace(work, dialogue=dialogue).seeing(Question(call.facet, choices))


def effective(action: Fetch, work: Work) -> tuple[Fetch, bool]:
    """What to run: 'more' repeats the last fetch, 'keep' continues it."""
    if isinstance(action, Recommend) and action.more and work.dialogue.last is not None:
        last = work.dialogue.last
        return last.model_copy(update={"count": action.count or last.count}), True
    if isinstance(action, Search):
        return continued(work.dialogue.last, action), False
    if isinstance(action, SimilarTo):
        return action.model_copy(update={"titles": tuple(_pinned(m, work.scene) for m in action.titles)}), False
    return action, isinstance(action, Recommend) and action.more


def _resolve(action: Fetch, work: Work) -> _Asked:
    constraints, unresolved = conditions_of(action.filters, work.scene)
    need = Need(constraints=constraints, k=action.count or work.request.count, diversity=work.request.diversity)
    match action:
        case Search():
            return _Asked(
                replace(need, text=action.query, qualities=_qualities(action.query, work), sort=sort_of(action.sort)),
                (),
                unresolved,
            )
        case SimilarTo():
            anchors, unknown = _anchors(action, work.scene)
            ids = tuple(item.item_id for item in anchors)
            return _Asked(
                replace(need, text=action.twist, qualities=_qualities(action.twist, work), anchors=ids),
                anchors,
                (*unknown, *unresolved),
            )
        case Recommend():
            return _Asked(replace(need, surprise=action.surprise), (), unresolved)


def _qualities(text: str, work: Work) -> tuple[Wish, ...]:
    return tuple(Wish(m.facet, m.value, 1.0) for m in work.index.linker.qualities(text)) if text else ()


def _anchors(action: SimilarTo, scene: Scene) -> tuple[tuple[Item, ...], tuple[Unresolved, ...]]:
    found = [item_of(m, scene) for m in action.titles]
    return (
        tuple(i for i in found if isinstance(i, Item)),
        tuple(u for u in found if isinstance(u, Unresolved)),
    )


def _pinned(mention: Mention, scene: Scene) -> Mention:
    """A number means a place on the list of now; by the next turn there is another list."""
    item = item_of(mention, scene) if mention.startswith("[") else None
    if not isinstance(item, Item):
        return mention
    label = item_label(item, scene.catalog)  # a model may read it, and reads titles, not ids
    return label if item_of(label, scene) == item else f"id:{item.item_id}"


def _is_void(asked: _Asked) -> bool:
    """Nothing is left to look for once the unresolved parts are taken out: listing anything would be a guess."""
    need = asked.need
    return not (need.text or need.anchors or need.constraints or need.sort)


def is_not_sold(kind: str, scene: Scene) -> bool:
    """Whether no item is called by a kind of thing; only where titles describe their items can that be said."""
    described = not scene.catalog.spec.titles_are_names
    return bool(kind.strip()) and described and not any(scene.linker.is_named(w) for w in kind.split())


def query_of(action: Fetch, work: Work) -> Query:
    """The query that a fetch would run now."""
    return build(_resolve(action, work).need, work.preferences, work.history)


def _nothing(query: Query, result: Retrieval, asked: Fetch, work: Work) -> Work:
    """Say that nothing fits, how far what there is goes, and offer the first way out that is the person's to give."""
    catalog = work.index.catalog
    if catalog.mask(query.constraints).any():
        return work.seeing(Nothing(query.constraints, (), exhausted=True))
    ways = result.relaxations
    relaxed = tuple(_relaxed(asked, way, work) for way in ways)
    offer = next((way for way in relaxed if way is not None), None)
    seen = Nothing(query.constraints, ways, reach=reach(query.constraints, query.exclude, catalog), ways=relaxed)
    return replace(work, dialogue=replace(work.dialogue, offer=offer)).seeing(seen)


def _relaxed(asked: Fetch, way: Relaxation, work: Work) -> Fetch | None:
    """The fetch without what a relaxation drops; None if that is no part of it but of the ledger."""
    kept = tuple(f for f in asked.filters if condition_of(f, work.scene) not in way.dropped)
    whole = len(asked.filters) - len(kept) == len(way.dropped)
    return asked.model_copy(update={"filters": kept, "count": asked.count}) if whole else None


def _current(work: Work, item: Item) -> Query:
    """The query of the last fetch; an item that was judged since is scored as if it was not."""
    asked = _resolve(work.dialogue.last or Recommend(), work)
    others = [p for p in work.preferences if not (p.said.kind == "item" and p.said.values == (item.item_id,))]
    return build(asked.need, others, work.history)


def _known(item: Item, preferences: tuple[Preference, ...]) -> Known:
    said = next((p.said for p in preferences if p.said.kind == "item" and p.said.values == (item.item_id,)), None)
    if said is None:
        return ""
    if not said.rated:
        return "seen"
    return "liked" if said.polarity > 0 else "disliked"


def _shown_before(work: Work) -> frozenset[str]:
    return frozenset(i for shown in work.dialogue.shown for i in shown)
