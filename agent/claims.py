"""Whether a sentence of a model's reply holds: its titles, numbers, names and facet values against the evidence. Pure.

A wrong year behind a title and a wrong number in a known unit are put right; for anything else the sentence falls.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.claim_evidence import Fact, Known, evidence_of
from agent.claim_names import Mention, Names
from agent.claim_numbers import Told, holds, numbers_of
from agent.claim_usage import WordUsage
from agent.claim_words import claim_words
from agent.observations import Answered, Found
from agent.ports import TellContext
from agent.quoting import escape
from retrieval.catalog import Catalog
from retrieval.entities import Linker

_ENTRY = re.compile(r"\s*(?:(?P<number>\d{1,3})[.)]|[-*•])\s+")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_HEADING = re.compile(r"(?m)^\s*#+\s*")
_EMPHASIS = re.compile(r"\*\*((?:\\.|[^*\n])+)\*\*")
_LEADS = re.compile(r"[:：?？]\s*$")
"""The end of a sentence that leads to a list: it says what was asked for, and nothing of the items it is to be like."""
_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A sentence after the check: as it may be shown, the cards that it names (by place, in its order), what is wrong
    with it, and what was put right."""

    text: str
    cards: tuple[int, ...] = ()
    fault: str = ""
    repairs: tuple[str, ...] = ()
    entry: bool = False
    """It is an entry of a list."""


class Claims:
    """Judges the sentences of one reply, one after the other."""

    def __init__(self, context: TellContext, catalog: Catalog, linker: Linker, usage: WordUsage | None = None) -> None:
        self.evidence = evidence_of(context, catalog)
        self._names = Names(self.evidence, catalog, linker, usage or WordUsage(catalog))
        self._linker = linker
        self._answers = {o.answer for o in context.observations if isinstance(o, Answered)}
        found = (o for o in context.observations if isinstance(o, Found))
        self._anchors = {i.item_id for o in found for i in o.anchors} - {c.item.item_id for c in context.cards}
        self._focus: tuple[Known, ...] = ()

    def judge(self, sentence: str, *, same_line: bool) -> Verdict:
        """Check one sentence; without a title of its own it speaks of the items named before it on its line."""
        text, links = _LINK.subn(r"\1", _HEADING.sub("", sentence))
        done = ("a link",) if links else ()
        entry = _ENTRY.match(text)
        mentions = self._numbered(self._names.mentions(text), entry)
        named = tuple(m.known for m in mentions if m.known)
        focus = named or self._pointed(text) or (self._focus if same_line else ())
        self._focus = focus
        cards = self._cards(named)
        fault = next((f"a title that was not offered: {m.text!r}" for m in mentions if m.known is None), "")
        about = [k for k in named if not (k.item and k.item.item_id in self._anchors and _LEADS.search(text))]
        fault = fault or self._fault(text, mentions, focus, bool(about or self._pointed(text)), entry)
        if fault.startswith("number"):
            mended = self._mended(text, mentions, focus, entry)
            if mended is not None:
                return self._shown(mended[0], cards, entry, (*done, mended[1]))
        return Verdict(text, cards, fault, (), entry is not None) if fault else self._shown(text, cards, entry, done)

    def _numbered(self, mentions: Sequence[Mention], entry: re.Match[str] | None) -> list[Mention]:
        """Of items of one title, an entry means the one of its number."""
        place = int(entry["number"] or 0) - 1 if entry else -1
        if not mentions or not 0 <= place < len(self.evidence.cards) or mentions[0].year:
            return list(mentions)
        first, card = mentions[0], self.evidence.cards[place]
        same = first.known and first.known.item and card.item and first.known.item.title == card.item.title
        return [replace(first, known=card) if same else first, *mentions[1:]]

    def _pointed(self, text: str) -> tuple[Known, ...]:
        """The cards that 'the second one' and 'number 3' mean."""
        cards = self.evidence.cards
        places = (place for r in self._linker.references(text) if r.kind == "place" for place in r.places)
        return tuple(cards[p - 1] for p in places if 0 < p <= len(cards))

    def _fault(
        self, text: str, mentions: Sequence[Mention], focus: Sequence[Known], named: bool, entry: re.Match[str] | None
    ) -> str:
        if _ADDRESS.search(text):
            return "an address"
        if self._contradicts(text):
            return "an answer that the data does not give"
        blank = _blank(mentions, entry)
        about = focus or self.evidence.items
        if wrong := self._wrong(text, blank, about):
            return f"number {text[wrong.start : wrong.end]!r}"
        name = self._names.unsupported(text, blank, about, named)
        return f"unsupported {name!r}" if name else ""

    def _wrong(self, text: str, blank: Sequence[tuple[int, int]], about: Sequence[Known]) -> Told | None:
        facts = [f for k in (*about, self.evidence.turn) for f in k.facts]
        return next((told for told in numbers_of(text, blank) if not holds(told, facts)), None)

    def _mended(
        self, text: str, mentions: Sequence[Mention], focus: Sequence[Known], entry: re.Match[str] | None
    ) -> tuple[str, str] | None:
        """The sentence with a wrong number in a known unit put right, if it speaks of one item; and what was done."""
        blank = _blank(mentions, entry)
        focus = focus or (self.evidence.items if len(self.evidence.items) == 1 else ())
        wrong = self._wrong(text, blank, focus)
        if (
            wrong is None
            or len({k.item.item_id for k in focus if k.item}) != 1
            or not wrong.unit
            or wrong.bound
            or wrong.decade
        ):
            return None
        right = [f for f in focus[0].facts if f.facet and f.unit == wrong.unit]
        told = text[wrong.start : wrong.end]
        if len(right) != 1 or any(c.isalpha() for c in told):
            return None
        mended = f"{text[: wrong.start]}{_number(right[0])}{text[wrong.end :]}"
        if self._fault(mended, self._names.mentions(mended), focus, True, _ENTRY.match(mended)):
            return None
        return mended, f"{told!r} is {_number(right[0])!r}"

    def _contradicts(self, text: str) -> bool:
        """A yes or a no that is not what the catalogue answers."""
        if len(self._answers) != 1:
            return False
        said, words = text.strip(" *").casefold(), claim_words().words
        yes, no = (any(_opens(said, word) for word in some) for some in (words.yes, words.no))
        (answer,) = self._answers
        return (yes and answer in ("no", "unknown")) or (no and answer in ("yes", "unknown"))

    def _cards(self, named: Sequence[Known]) -> tuple[int, ...]:
        places = [self.evidence.cards.index(k) for k in named if k in self.evidence.cards]
        return tuple(dict.fromkeys(places))

    def _shown(self, text: str, cards: tuple[int, ...], entry: re.Match[str] | None, done: tuple[str, ...]) -> Verdict:
        """Titles in bold, as the catalogue spells them, with the right year, and nothing else in bold; an entry of a
        list with the number of its card."""
        mentions = [m for m in self._numbered(self._names.mentions(text), entry) if m.known]
        taken = [(m.start, m.stop) for m in mentions]
        edits = [(m.start, m.stop, *self._written(text, m)) for m in mentions]
        emphasis = (m for m in _EMPHASIS.finditer(text) if not any(a <= m.start() < b for a, b in taken))
        edits += [(*m.span(), m[1], "") for m in emphasis]
        if entry and entry["number"] and cards:
            edits.append((*entry.span("number"), str(cards[0] + 1), ""))
        for start, stop, written, _ in sorted(edits, reverse=True):
            text = text[:start] + written + text[stop:]
        return Verdict(text, cards, "", (*done, *(e[3] for e in edits if e[3])), entry is not None)

    def _written(self, text: str, mention: Mention) -> tuple[str, str]:
        """A title with the year behind it, and what was wrong with the year."""
        known, rest = mention.known, text[mention.end : mention.stop]
        assert known is not None
        assert known.item is not None
        title = f"**{escape(known.item.title, 300)}**"
        years = {f"{f.value:.0f}" for f in known.facts if f.facet == self.evidence.moment}
        if mention.year and mention.year not in years:
            right = f" ({min(years)})" if years else ""
            return title + right, f"{mention.text!r} ({mention.year}) is{right or ' of no known year'}"
        if mention.year and not rest:
            return f"{title} ({mention.year})", ""
        return title + (f" {rest}" if rest.startswith("(") else rest), ""


def _blank(mentions: Sequence[Mention], entry: re.Match[str] | None) -> list[tuple[int, int]]:
    return [*((m.start, m.stop) for m in mentions), *([entry.span()] if entry else [])]


def _number(fact: Fact) -> str:
    return f"{fact.value:.0f}" if fact.value == int(fact.value) else f"{fact.value:.2f}"


def _opens(said: str, word: str) -> bool:
    """Whether a sentence begins with a word; one of a script without spaces may go on right behind it."""
    behind = said[len(word) : len(word) + 1]
    return said.startswith(word) and (not behind.isalnum() or not word.isascii())
