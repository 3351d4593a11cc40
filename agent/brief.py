"""What a model that was tuned on our replies reads of a turn: few words, in the language of the reply, and only what
the reply may say. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from agent.quoting import excerpt, plain
from agent.reasons import liked_by_speaker, reasons
from agent.rules.tell import voice_of
from agent.rules.tell_choice import supposed_ways
from agent.rules.tell_list import Entry, entries, impersonal, relaxation
from agent.rules.tell_memory import clauses
from agent.rules.tell_wish import countable, noun_phrase, wish_of
from agent.rules.voice import Voice
from retrieval.catalog import Catalog
from retrieval.folding import is_unspaced
from retrieval.types import Candidate, Constraint, Item

WAYS, SUGGESTIONS, ROWS, REASONS, CHOICES, COMING = 2, 2, 4, 2, 3, 2
"""How many of each are told."""
CELL, REASON, FACT, ABOUT = 40, 64, 44, 160
"""Characters of each."""


_FEW = 2
"""On a list of so many there is room for facts and a reason."""


@dataclass(frozen=True, slots=True)
class Brief:
    """A turn in short: what happened, and a line per card with what speaks for it."""

    found: tuple[str, ...]
    cards: tuple[str, ...]


def brief_of(context: TellContext, catalog: Catalog) -> Brief:
    """Sum a turn up for the model that tells it."""
    voice = voice_of(context, catalog)
    lines = (plain(line) for o in context.observations for line in _lines(voice, o))
    return Brief(tuple(dict.fromkeys(lines)), tuple(_card(voice, e) for e in entries_of(voice)))


def entries_of(voice: Voice) -> list[Entry]:
    """What is told of each card, over all lists of the turn."""
    left = list(voice.context.cards)
    told: list[Entry] = []
    for found in (o for o in voice.context.observations if isinstance(o, Found)):
        ids = {c.item.item_id for c in found.candidates}
        mine = [card for card in left if card.item.item_id in ids]
        left = [card for card in left if card not in mine]
        told += entries(voice, mine, found)
    return told


def told_of(entry: Entry, cards: int) -> tuple[list[str], str]:
    """The facts and the reason of a card: one of them, a reason about this person before all; both on a short list.

    That a wish is met is said of no card: the wish stands above the list.
    """
    whole = [plain(fact) for fact in entry.introduction[:2]]
    facts = [short(fact, FACT) for fact in whole]
    told = [r for r in (entry.reason, *entry.card.reasons) if r is not None and r.evidence[0].kind != "wish"]
    personal = next((r.text for r in told if not impersonal(r) and _fits(r.text)), "")
    any_reason = personal or next((r.text for r in told if _fits(r.text)), "")
    if cards <= _FEW:
        return ([] if any_reason and facts[:1] != whole[:1] else facts[:1]), any_reason
    if personal or not facts:
        return [], any_reason
    return facts[: 1 if len(facts[0]) > FACT // 2 else 2], ""


def _fits(text: str) -> bool:
    return len(text) <= (REASON // 2 if is_unspaced(text) else REASON)


def short(text: str, most: int) -> str:
    """At most so many characters of a text; a quotation that is cut is closed."""
    cut = excerpt(text, most)
    return f"{cut}”" if cut.count("“") > cut.count("”") else cut


def _card(voice: Voice, entry: Entry) -> str:
    beside = voice.phrases.typing.comma.join(map(plain, entry.beside))
    head = f"{entry.card.number}. {plain(voice.named(entry.card.item))}"
    facts, reason = told_of(entry, len(voice.context.cards))
    return " | ".join(part for part in (head, beside, voice.phrases.typing.comma.join(facts), reason) if part)


def _lines(voice: Voice, observation: Observation) -> Iterator[str]:  # noqa: C901 - one arm per observation
    match observation:
        case Found():
            yield _found(voice, observation)
        case Nothing():
            yield from _nothing(voice, observation)
        case Supposed():
            yield from _supposed(voice, observation)
        case Noted():
            yield from _noted(voice, observation)
        case Dropped():
            yield from _dropped(voice, observation)
        case Unresolved():
            yield f"{'none of the kind' if observation.kind else 'unknown'}: {voice.mentioned(observation.mention)}"
            if observation.suggestions:
                yield f"perhaps: {_named(voice, observation.suggestions[:SUGGESTIONS])}"
        case Answered():
            yield _answered(voice, observation)
        case Compared():
            yield from _compared(voice, observation)
        case Explained():
            yield f"why {voice.named(observation.candidate.item)}: {_why(voice, observation.candidate) or 'nothing'}"
        case Missed():
            yield f"not listed: {voice.named(observation.item)}: {_missed(voice, observation)}"
        case Question():
            choices = (voice.value(observation.facet, v) for v, _ in observation.choices[:CHOICES])
            yield f"ask: {voice.label(observation.facet)}: {voice.phrases.typing.comma.join(choices)}".rstrip(": ")
        case Said():
            yield f"talk: {observation.kind}"
            if observation.kind == "profile":
                yield f"known: {clauses(voice, voice.context.preferences) or 'nothing'}"
        case HandedOff():
            yield f"passed on to the staff: {excerpt(observation.reason, FACT)}".rstrip(": ")
        case _:
            assert_never(observation)


def counted(voice: Voice, count: int, things: str) -> str:
    """'962 Comedy films', with the word between that some languages want."""
    return voice.part("counted", count=f"{count:,}", things=things)


def _found(voice: Voice, found: Found) -> str:
    wish = wish_of(voice, found)
    if wish:
        told = counted(voice, found.matching, wish) if countable(voice, found) else wish
    else:
        told = voice.part("nouns")
        told += f" for {basis(voice)}"
    told += f"; by {voice.label(found.sorted_by)}" if found.sorted_by else ""
    told += "; others than before" if found.more else ""
    lists = [o for o in voice.context.observations if isinstance(o, Found)]
    return f"found: {told}" if len(lists) == 1 else f"list {lists.index(found) + 1}: {told}"


def basis(voice: Voice) -> str:
    """What a list without conditions is chosen by: liked items, earlier choices, or nothing yet."""
    said = [p.said for p in voice.context.preferences if p.said.kind == "item" and p.said.rated and not p.said.person]
    liked = [voice.said(s) for s in said if s.polarity > 0][-2:]
    if liked:
        return f"taste: {voice.listed(liked)}"
    return "earlier choices" if voice.context.past and not voice.context.person else "nobody known"


def _nothing(voice: Voice, found: Nothing) -> Iterator[str]:
    wish = noun_phrase(voice, voice.part("nouns"), found.constraints)
    yield f"{'no more' if found.exhausted else 'nothing'}: {wish}"
    if found.exhausted:
        return
    for way in found.relaxations[:WAYS]:
        yield f"way out: {relaxation(voice, way)}"
    for end in found.reach[:1]:
        edge = "lowest" if end.lowest else "highest"
        yield f"{edge} {voice.label(end.facet)}: {voice.value(end.facet, end.value)}"


def _supposed(voice: Voice, found: Supposed) -> Iterator[str]:
    ways = voice.listed(supposed_ways(voice, found)) or "nothing changes"
    yield f"what if {ways}: {found.after:,} instead of {found.before:,}"
    if found.items:
        yield f"would come up: {_named(voice, found.items[:COMING])}"


def _noted(voice: Voice, found: Noted) -> Iterator[str]:
    """What holds for this search only is in the wish of its list, if there is one."""
    fetched = any(isinstance(o, Found | Nothing) for o in voice.context.observations)
    added = [p for p in found.added if not (fetched and p.said.scope == "search")]
    if added:
        yield f"noted: {clauses(voice, added)}"
    if found.superseded:
        yield f"no longer: {clauses(voice, found.superseded)}"


def _dropped(voice: Voice, found: Dropped) -> Iterator[str]:
    gone = clauses(voice, found.preferences)
    if not gone and not found.restored:
        yield "nothing to undo" if found.undone else f"nothing known of: {voice.mentioned(found.what)}"
    if gone:
        yield f"{'undone' if found.undone else 'forgotten'}: {gone}"
    if found.restored:
        yield f"holds again: {clauses(voice, found.restored)}"


def _answered(voice: Voice, found: Answered) -> str:
    known = found.facet in voice.wording.spec.facets
    label = voice.label(found.facet) if known else ""
    if found.answer == "unknown":
        return ": ".join(part for part in (voice.named(found.item), label, "not in the data") if part)
    value = excerpt(plain(found.value), ABOUT)
    held = found.item.facets.get(found.facet) if known else None
    if isinstance(held, bool):
        value = voice.wording.flag(found.facet, held)
        label = ""
    verdict = found.answer if found.answer in ("yes", "no") else ""
    return ": ".join(p for p in (verdict, voice.named(found.item), label, value or "not in the data") if p)


def _compared(voice: Voice, found: Compared) -> Iterator[str]:
    yield f"compared: {' | '.join(voice.named(item) for item in found.items)}"
    if found.asked:
        held = (found_value(voice, item, found.asked) or "not in the data" for item in found.items)
        yield f"{voice.label(found.asked)}: {' | '.join(held)}"
        yield f"first: {voice.named(found.winner) if found.winner else 'none'}"
        return
    for label, values in found.rows[:ROWS]:
        yield f"{label}: {' | '.join(excerpt(v, CELL) or '–' for v in values)}"
    for facet, value in found.shared[:1]:
        yield f"both: {voice.label(facet)} {excerpt(value, CELL)}"
    if found.better is not None:
        yield f"closer to your taste: {voice.named(found.better.item)}"
    elif not voice.context.preferences:
        yield "taste unknown"


def found_value(voice: Voice, item: Item, facet: str) -> str:
    """The value of an item in words, '' if unknown."""
    held = item.facets.get(facet)
    return "" if held is None else voice.value(facet, held)


def _why(voice: Voice, candidate: Candidate) -> str:
    return "; ".join(short(text, REASON) for text in why_texts(voice, candidate))


def why_texts(voice: Voice, candidate: Candidate) -> list[str]:
    """The weightiest reasons for an item."""
    liked = liked_by_speaker(voice.context.preferences)
    told = reasons(candidate, voice.wording.catalog, voice.context.language, liked, past=voice.context.past)
    return [r.text for r in told[:REASONS]]


def _missed(voice: Voice, found: Missed) -> str:
    if found.breaks:
        held = [h for c in found.breaks if (h := found_value(voice, found.item, c.facet))]
        return f"breaks {_conditions(voice, found.breaks)}; it is {voice.listed(held) or 'not in the data'}"
    if found.known:
        return f"{found.known} already"
    return f"number {found.rank:,} of the ranking" if found.rank is not None else "no candidate"


def _conditions(voice: Voice, conditions: Sequence[Constraint]) -> str:
    return voice.listed(voice.conditions(conditions))


def _named(voice: Voice, items: Sequence[Item]) -> str:
    return voice.phrases.typing.comma.join(voice.named(item) for item in items)
