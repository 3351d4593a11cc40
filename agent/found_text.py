"""What the tools found, as plain lines of fact: the evidence that a model tells from, and that its reply is checked
against. Pure."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import assert_never

from agent.observations import (
    Answered,
    Compared,
    Dropped,
    Explained,
    Found,
    HandedOff,
    Missed,
    Noted,
    Nothing,
    Observation,
    Question,
    Said,
    Supposed,
    Unresolved,
)
from agent.ports import TellContext
from agent.profile import Preference
from agent.quoting import escape
from agent.reasons import reasons
from agent.types import Card, Credit
from agent.wording import condition_label, item_label, value_text
from retrieval.catalog import Catalog
from retrieval.types import Constraint, Item

_LINES = 40
_RELAXATIONS, _SUGGESTIONS, _ROWS = 3, 3, 12


def found_lines(observations: Sequence[Observation], catalog: Catalog) -> tuple[str, ...]:
    """One line per fact, in the order in which things happened."""
    lines = (line for observation in observations for line in _lines(observation, catalog))
    return tuple(dict.fromkeys(lines))[:_LINES]


async def told_plainly(context: TellContext, catalog: Catalog) -> AsyncGenerator[str | Credit, None]:
    """What was found as the reply to a program: the facts, and the cards with theirs."""
    for line in found_lines(context.observations, catalog):
        yield f"{escape(line, 600)}\n"
    for card in context.cards:
        yield f"{card.number}. {'; '.join(_card(card, catalog))}\n"
    yield Credit("tools")


def _card(card: Card, catalog: Catalog) -> Iterator[str]:
    yield f"**{escape(card.item.title)}**"
    for name, spec in catalog.spec.facets.items():
        held = card.item.facets.get(name)
        if held is not None and spec.explainable and spec.kind not in ("text", "image"):
            yield f"{escape(spec.label)}: {escape(value_text(held, spec))}"
    yield from (f"because: {escape(reason.text, 200)}" for reason in card.reasons[:2])


def _lines(observation: Observation, catalog: Catalog) -> Iterator[str]:  # noqa: C901 - one arm per observation
    match observation:
        case Found():
            yield from _found(observation, catalog)
        case Nothing():
            yield from _nothing(observation, catalog)
        case Supposed():
            yield from _supposed(observation, catalog)
        case Noted():
            yield f"noted: {_labels(observation.added)}"
            if observation.superseded:
                yield f"no longer holds: {_labels(observation.superseded)}"
        case Dropped():
            yield from _dropped(observation)
        case Unresolved():
            yield from _unresolved(observation, catalog)
        case Answered():
            yield _answered(observation, catalog)
        case Compared():
            yield from _compared(observation, catalog)
        case Explained():
            yield f"why {item_label(observation.candidate.item, catalog)} was recommended:"
            yield from (f"reason: {r.text}" for r in reasons(observation.candidate, catalog)[:5])
        case Missed():
            yield from _missed(observation, catalog)
        case Question():
            choices = ", ".join(f"{value} ({count})" for value, count in observation.choices)
            yield f"ask one question: which {catalog.facet(observation.facet).label}? choices: {choices or 'open'}"
        case Said():
            yield f"nothing was looked up; this is talk of the kind: {observation.kind}"
        case HandedOff():
            yield f"passed on to the staff; reason: {observation.reason or 'not said'}"
        case _:
            assert_never(observation)


def _found(found: Found, catalog: Catalog) -> Iterator[str]:
    wish = [*_conditions(found.constraints, catalog), *([f"'{found.query}'"] if found.query else [])]
    yield f"found {found.matching} that match {'; '.join(wish) or 'no condition'}; the list holds the best"
    if found.anchors:
        yield f"like: {_titles(found.anchors, catalog)}"
    if found.sorted_by:
        yield f"sorted by {catalog.facet(found.sorted_by).label}"
    if found.more:
        yield "these are others than those shown before"


def _nothing(found: Nothing, catalog: Catalog) -> Iterator[str]:
    conditions = "; ".join(_conditions(found.constraints, catalog)) or "no condition"
    known = "everything that matches was shown, seen or judged already" if found.exhausted else "nothing matches"
    yield f"{known}: {conditions}"
    for way in found.relaxations[:_RELAXATIONS]:
        yield f"without '{'; '.join(_conditions(way.dropped, catalog))}': {way.count} match"

    for end in found.reach:
        edge = "lowest" if end.lowest else "highest"
        value = value_text(end.value, catalog.facet(end.facet))
        yield f"the {edge} {catalog.facet(end.facet).label} among what fits otherwise is {value}"


def _supposed(found: Supposed, catalog: Catalog) -> Iterator[str]:
    ways = [f"without '{c}'" for c in _conditions(found.dropped, catalog)]
    ways += [f"with '{c}'" for c in _conditions(found.added, catalog)]
    yield f"what if, {' and '.join(ways) or 'nothing else'}: {found.after} would match instead of {found.before}"
    if found.items:
        yield f"it would bring up: {_titles(found.items, catalog)}"
    yield "the list stays as it is unless the person says yes"


def _compared(found: Compared, catalog: Catalog) -> Iterator[str]:
    yield "compared: " + " | ".join(item_label(item, catalog) for item in found.items)
    for label, values in found.rows[:_ROWS]:
        yield f"{label}: {' | '.join(value or 'not in the data' for value in values)}"
    for facet, value in found.shared[:_ROWS]:
        yield f"both: {catalog.facet(facet).label} {value}"
    if found.winner is not None:
        yield f"first by {catalog.facet(found.asked).label}: {item_label(found.winner, catalog)}"
    if found.better is not None:
        yield f"fits the person's taste better: {item_label(found.better.item, catalog)}"
        yield from (f"reason: {r.text}" for r in reasons(found.better, catalog)[:2])


def _dropped(found: Dropped) -> Iterator[str]:
    if not found.preferences and not found.restored:
        yield f"nothing was kept about '{found.what}', so nothing was forgotten"
    if found.preferences:
        yield f"{'undone' if found.undone else 'forgotten'}: {_labels(found.preferences)}"
    if found.restored:
        yield f"holds again: {_labels(found.restored)}"


def _unresolved(found: Unresolved, catalog: Catalog) -> Iterator[str]:
    yield f"not in the catalogue: '{found.mention}'"
    if found.suggestions:
        yield f"perhaps meant, ask: {_titles(found.suggestions[:_SUGGESTIONS], catalog)}"


def _answered(found: Answered, catalog: Catalog) -> str:
    spec = catalog.spec.facets.get(found.facet)
    label = spec.label if spec else found.question or "what it is about"
    said = "not in the data" if found.answer == "unknown" else found.value
    verdict = f"{found.answer}; " if found.answer in ("yes", "no") else ""
    return f"{item_label(found.item, catalog)}: {label}: {verdict}{said}"


def _missed(found: Missed, catalog: Catalog) -> Iterator[str]:
    item = item_label(found.item, catalog)
    if found.breaks:
        yield f"{item} was left out because of: {'; '.join(_conditions(found.breaks, catalog))}"
    elif found.known:
        yield f"{item} was left out because the person {found.known} it"
    elif found.rank is not None:
        yield f"{item} matches and is number {found.rank} of the ranking"
    else:
        yield f"{item} was not among the candidates"


def _conditions(constraints: Sequence[Constraint], catalog: Catalog) -> list[str]:
    return [condition_label(c, catalog) for c in constraints]


def _titles(items: Sequence[Item], catalog: Catalog) -> str:
    return ", ".join(item_label(item, catalog) for item in items)


def _labels(preferences: Sequence[Preference]) -> str:
    return ", ".join(f"{'likes' if p.said.polarity > 0 else 'dislikes'} {p.said.label}" for p in preferences)
