"""Items of the list shown, told by what they are: 'the one with Nolan', 'the British one', 'the one from 1999'."""

from collections.abc import Iterable, Sequence

from agent.ports import PlanContext
from agent.rules.lexicon import Lexicon
from agent.rules.numbers import Bound
from retrieval.catalog import as_labels, as_number
from retrieval.finding import Span
from retrieval.references import Reference
from retrieval.types import Item


def described(
    low: str, spans: Sequence[Span], limits: Sequence[Bound], context: PlanContext, lexicon: Lexicon
) -> list[Reference]:
    """Pointers by description; only those that some item of the list shown fits."""
    told: list[tuple[int, int, list[int]]] = []
    for span in spans:
        if span.kind == "value" and (place := _around(low, span.start, span.end, lexicon)):
            told.append((*place, [n for n, item in enumerate(context.shown, 1) if _holds(item, span)]))
    for bound in limits:
        if place := _around(low, bound.start, bound.end, lexicon):
            told.append((*place, [n for n, item in enumerate(context.shown, 1) if _within(item, bound)]))
    return [Reference(start, end, low[start:end], "place", tuple(places)) for start, end, places in told if places]


def _around(low: str, start: int, end: int, lexicon: Lexicon) -> tuple[int, int] | None:
    """Where a description stands with the words that make it one."""
    before = lexicon.parts["the_one"].search(low[:start])
    if before is not None:
        return before.start(), end
    article, one = lexicon.parts["the"].search(low[:start]), lexicon.parts["one"].match(low, end)
    return (article.start(), one.end()) if article is not None and one is not None else None


def _holds(item: Item, span: Span) -> bool:
    return any(str(m.value) in _texts(item, m.facet) for m in span.meanings)


def _texts(item: Item, facet: str) -> Iterable[str]:
    held = item.facets.get(facet)
    return as_labels(held) if held is None or isinstance(held, str | tuple) else (str(held),)


def _within(item: Item, bound: Bound) -> bool:
    return all(_meets(item, f.facet, f.op.value, f.values) for f in bound.filters)


def _meets(item: Item, facet: str, op: str, values: Sequence[str | float | bool]) -> bool:
    held = item.facets.get(facet)
    if held is None or isinstance(held, str | tuple):
        return False
    number, bounds = as_number(held), [float(v) for v in values if not isinstance(v, str)]
    if not bounds:
        return False
    first = bounds[0]
    met = {"ge": number >= first, "le": number <= first, "gt": number > first, "lt": number < first}
    return met.get(op, (number in bounds) == (op == "in"))
