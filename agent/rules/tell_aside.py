"""What stands beside a title in a list: its price and what was asked to be measured, or who made it. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set

from agent.quoting import escape
from agent.rules.voice import Voice
from agent.wording import distinguishing
from retrieval.catalog import as_labels
from retrieval.types import Constraint, Item, Op

_NAMED = 2
"""Of several values, so many are named."""
_MOST = 3
_TEXT = 110
"""Characters of a description."""


def measured(voice: Voice, item: Item, constraints: Sequence[Constraint], ordered: str = "") -> list[str]:
    """What it costs, and the values that the request bounded or put in order."""
    asked = {c.facet for c in constraints if c.op is not Op.IN} | {ordered}
    return [
        _told(voice, facet, float(value))
        for facet, value in item.facets.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and _is_told(voice, facet, asked)
    ]


def introduced(voice: Voice, item: Item, constraints: Sequence[Constraint], listed: Sequence[Item]) -> list[str]:
    """What it is and who made it, beyond what most of the list has; or how its description begins."""
    held = Counter(v for other in listed for v in _values(voice, other))
    common = {v for v, n in held.items() if len(listed) > 1 and n > len(listed) / 2}
    asked = {str(v) for c in constraints if c.op is Op.IN for v in c.values}
    kinds, people = _qualities(voice, item, common | asked)
    if people or not item.description.strip():
        return [*kinds, *people][:_MOST]
    return [voice.part("described_as", text=escape(item.description, _TEXT).rstrip("."))]


def _is_told(voice: Voice, facet: str, asked: set[str]) -> bool:
    spec = voice.wording.spec.facets.get(facet)
    if spec is None or spec.kind != "numeric" or facet == distinguishing(voice.wording.catalog):
        return False
    return facet in asked or (spec.explainable and voice.wording.family(facet) == "money")


def _told(voice: Voice, facet: str, value: float) -> str:
    text = voice.value(facet, value)
    if voice.wording.facet(facet).unit:
        return text
    return voice.part("labelled", label=voice.label(facet), value=text)


def _qualities(voice: Voice, item: Item, known: Set[str]) -> tuple[list[str], list[str]]:
    """What kind of thing it is, and its people, the few before the many."""
    facets = [n for n, s in voice.wording.spec.facets.items() if s.kind == "categorical" and s.explainable]
    title = item.title.casefold()
    told = {n: [v for v in as_labels(item.facets.get(n)) if v not in known] for n in facets}
    new = {n: [v for v in values if v.casefold() not in title] for n, values in told.items()}
    kinds = [n for n in facets if new[n] and not voice.wording.facet(n).people]
    people = sorted((n for n in facets if new[n] and voice.wording.facet(n).people), key=lambda n: len(new[n]))
    return [_made(voice, n, new[n]) for n in kinds[:1]], [_made(voice, n, new[n]) for n in people]


def _made(voice: Voice, facet: str, values: Sequence[str]) -> str:
    listed = voice.listed(voice.value(facet, v) for v in values[:_NAMED])
    return voice.wording.announced(facet, listed) or listed


def _values(voice: Voice, item: Item) -> Iterator[str]:
    for facet, spec in voice.wording.spec.facets.items():
        if spec.kind == "categorical":
            yield from as_labels(item.facets.get(facet))
