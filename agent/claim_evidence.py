"""What a reply may say: the numbers and the words that the tools found, per item and of the turn as a whole. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from agent.brief import brief_of
from agent.found_text import found_lines
from agent.observations import Answered, Compared, Explained, Found, Missed, Unresolved
from agent.ports import TellContext
from agent.types import Card
from agent.wording import item_label, value_text
from retrieval.catalog import Catalog, as_labels, as_number
from retrieval.entities import moment_facet
from retrieval.folding import forms
from retrieval.types import Item

NUMBER = re.compile(r"(?<![A-Za-z0-9.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![0-9])|(?<![A-Za-z0-9.,])\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Fact:
    """A number that is known, in the unit of its facet; '' for years, counts, and numbers of a text."""

    value: float
    unit: str = ""
    facet: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one item, or of the turn: numbers, and every word, folded and between blanks."""

    facts: tuple[Fact, ...] = ()
    words: str = " "
    item: Item | None = None

    def says(self, phrase: Sequence[str]) -> bool:
        """Whether these words stand in it, one behind the other."""
        return f" {' '.join(phrase)} " in self.words


@dataclass(frozen=True, slots=True)
class Evidence:
    """The cards in their order, the other items that may be named, and what holds of the turn."""

    cards: tuple[Known, ...]
    others: tuple[Known, ...]
    turn: Known
    moment: str
    """The facet that is written behind a title."""

    @property
    def items(self) -> tuple[Known, ...]:
        """Everything that may be named."""
        return (*self.cards, *self.others)


def evidence_of(context: TellContext, catalog: Catalog) -> Evidence:
    """Collect what a turn found."""
    cards = tuple(_item(card.item, catalog, [r.text for r in card.reasons], card) for card in context.cards)
    listed = {card.item.item_id for card in context.cards}
    others = {i.item_id: i for i in _besides(context) if i.item_id not in listed}
    lines = [
        *found_lines(context.observations, catalog),
        *brief_of(context, catalog).found,
        context.text,
        context.person,
        *(p.said.label for p in context.preferences),
        *(m.text for m in context.messages if m.role == "user"),
        " ".join(str(n) for n in range(1, len(cards) + 1)),
        *(word for spec in (catalog.spec,) for word in (spec.title, spec.noun, spec.nouns)),
        *(facet.label for facet in catalog.spec.facets.values()),
    ]
    known = tuple(_item(item, catalog, ()) for item in others.values())
    return Evidence(cards, known, Known(tuple(_numbers(lines)), _words(lines)), moment_facet(catalog))


def _besides(context: TellContext) -> Iterable[Item]:
    """Items that are no cards and may be named: asked about, compared with, suggested, liked."""
    for found in context.observations:
        match found:
            case Found():
                yield from found.anchors
            case Unresolved():
                yield from found.suggestions
            case Answered() | Missed():
                yield found.item
            case Compared():
                yield from found.items
            case Explained():
                yield found.candidate.item
            case _:
                pass


def _item(item: Item, catalog: Catalog, reasons: Sequence[str], card: Card | None = None) -> Known:
    texts = [item_label(item, catalog), item.description, *reasons]
    facts: list[Fact] = []
    for name, value in item.facets.items():
        spec = catalog.facet(name)
        if spec.kind in ("text", "image"):
            continue
        texts += [value_text(value, spec), *(as_labels(value) if spec.kind == "categorical" else ())]
        if isinstance(value, date):
            facts += [Fact(float(n), "", name) for n in (value.year, value.month, value.day)]
        elif spec.kind == "numeric":
            facts.append(Fact(as_number(value), spec.unit, name))
    if card is not None:
        texts += [e.detail for reason in card.reasons for e in reason.evidence]
    return Known((*facts, *_numbers([item.title, item.description, *reasons])), _words(texts), item)


def _numbers(texts: Iterable[str]) -> Iterable[Fact]:
    values = {float(n.replace(",", "")) for text in texts for n in NUMBER.findall(text)}
    return (Fact(value) for value in sorted(values))


def _words(texts: Iterable[str]) -> str:
    return f" {' '.join(word for text in texts for word in (*forms(text), '|'))} "
