"""One message, read: its names, pointers, bounds and comparisons, each with the stance that is taken towards it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from agent.ports import PlanContext
from agent.rules.comparison import Comparison, Scales, comparisons, scales_of
from agent.rules.described import described
from agent.rules.lexicon import MASK, Lexicon, load_lexicon, plain
from agent.rules.marks import Mark, Stance, marks_of, stance_named
from agent.rules.numbers import Bound, bounds, count
from agent.rules.quantities import Measures, measures_of
from retrieval.catalog import Catalog
from retrieval.entities import Linker
from retrieval.finding import Span
from retrieval.folding import is_unspaced
from retrieval.references import Reference, resolved

_LONGEST = 3000
_VERDICTS = ("reject", "avoid", "similar", "dislike", "like", "seen")


class Placed(Protocol):
    """Anything that stands at characters start to end (exclusive) of a message."""

    @property
    def start(self) -> int:
        """First character."""

    @property
    def end(self) -> int:
        """One past the last character."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything the rules of one catalogue and language need; built once."""

    catalog: Catalog
    linker: Linker
    lexicon: Lexicon
    measures: Measures
    scales: Scales


@dataclass(frozen=True, slots=True)
class Thing:
    """Something the message takes a stance on: a name, a pointer to the list shown, or free words."""

    start: int
    end: int
    stance: Stance
    span: Span | None = None
    reference: Reference | None = None
    items: tuple[str, ...] = ()
    """Mentions of the items meant, for an item or a pointer; several only for a pointer or a series."""
    words: str = ""
    back: bool = False
    """A pointer to something named earlier in the message."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A message with everything in it that the rules know. `plain` is lower case; `masked` has names blanked out."""

    context: PlanContext
    text: str
    plain: str
    masked: str
    things: tuple[Thing, ...]
    marks: tuple[Mark, ...]
    bounds: tuple[Bound, ...]
    comparisons: tuple[Comparison, ...]
    count: int | None
    taken: tuple[tuple[int, int], ...]
    """Stretches that are accounted for: names, bounds, comparisons, the count."""


def rules_for(catalog: Catalog, linker: Linker, code: str = "en") -> Rules:
    """Compile the rules of a language for a catalogue; AgentError for a language without rules."""
    catalog = catalog.heard(code)
    lexicon = load_lexicon(catalog.spec, code)
    scales = scales_of(catalog, lexicon, linker.language.ranks)
    return Rules(catalog, linker, lexicon, measures_of(catalog, lexicon), scales)


def read(context: PlanContext, rules: Rules) -> Reading:
    """Read a message; what comes after 3,000 characters is not read."""
    text = context.text[:_LONGEST]
    low = plain(text)
    spans = [s for s in rules.linker.find(text) if not _is_plain_noun(s, rules)]
    free = _without(low, places(s for s in spans if s.kind != "value" and not _is_number(s.text)))
    limits = tuple(b for b in bounds(free, rules.lexicon, rules.measures) if not _year_of(b, spans, text))
    spans = [s for s in spans if not _overlaps((s.start, s.end), places(limits))]
    told = described(low, spans, limits, context, rules.lexicon)
    spans = [s for s in spans if not _overlaps((s.start, s.end), places(told))]
    limits = tuple(b for b in limits if not _overlaps((b.start, b.end), places(told)))
    pointers = [*told, *_pointers(low, [*spans, *told], limits, context, rules)]
    masked = _without(low, places([*spans, *told]))
    compared = _compared(masked, limits, spans, rules)
    how_many = count(_without(masked, places(pointers)), rules.lexicon)
    taken = [*places(spans), *places(pointers), *places(limits), *places(compared)]
    marks = marks_of(masked, [*places(limits), *places(compared)], rules.lexicon)
    things = [_thing(s, rules) for s in spans]
    things += [_pointed(r, things, context) for r in pointers]
    things.sort(key=lambda t: t.start)
    stanced = _settled(replace(t, stance=stance_of(t, things, marks, masked, rules.lexicon)) for t in things)
    number = how_many if how_many and not _overlaps(how_many[1], taken) else None
    return Reading(
        context, text, low, masked, stanced, marks, limits, compared, number[0] if number else None,
        (*taken, *([number[1]] if number else [])),
    )  # fmt: skip


def _settled(things: Iterable[Thing]) -> tuple[Thing, ...]:
    """'I saw it and hated it': what is said of a pointer back to a name is said of the name."""
    settled: list[Thing] = []
    for thing in things:
        if not thing.back:
            settled.append(thing)
        elif thing.stance in ("like", "dislike", "reject", "seen"):
            meant = set(thing.items) or set(settled[-1].items)
            last = settled[-1]
            settled = [
                replace(t, stance=thing.stance) if set(t.items) & meant or (not meant and t is last) else t
                for t in settled
            ]
    return tuple(settled)


def places(placed: Iterable[Placed]) -> list[tuple[int, int]]:
    """Return where things stand."""
    return [(p.start, p.end) for p in placed]


def stance_of(thing: Thing, things: Sequence[Thing], marks: Sequence[Mark], masked: str, lexicon: Lexicon) -> Stance:
    """The stance taken on a thing: by the verdict after it, else by the nearest words before it in the sentence."""
    verdict = _verdict(thing, things, masked, lexicon)
    if verdict:
        return verdict
    start = sentence_start(masked, thing.start, lexicon)
    before = [m for m in marks if start <= m.start < thing.start and m.end <= thing.end]
    spent = [t for t in things if t.back and t.end <= thing.start]  # "and loved it, but …": said of what came before
    before = [m for m in before if not any(m.end <= t.start <= m.end + 1 for t in spent)]
    if not before:
        return ""
    nearest = before[-1]
    earlier = [m.stance for m in before[:-1] if m.stance != "none"]
    against = earlier[-1] if earlier and earlier[-1] in ("avoid", "dislike") else ""
    if nearest.stance == "want" and against and before[-2].end >= nearest.start - 1:
        return against
    if nearest.stance == "avoid" and earlier and earlier[-1] in ("like", "dislike"):
        return "dislike"
    if nearest.stance == "similar" and earlier:
        touching = before[-2].end >= nearest.start - 12
        if touching and earlier[-1] in ("avoid", "dislike"):
            return "avoid"
    return nearest.stance


def sentence_start(masked: str, at: int, lexicon: Lexicon) -> int:
    """Where the sentence around a place begins."""
    return max((m.end() for m in lexicon.stop.finditer(masked, 0, at)), default=0)


def _verdict(thing: Thing, things: Sequence[Thing], masked: str, lexicon: Lexicon) -> Stance:
    """'A and B were great': a verdict counts for all names that lead up to it."""
    end = thing.end
    for other in things:
        gap = masked[end : other.start].strip(' ,"')
        if other.start >= end and (not gap or lexicon.parts["gap"].fullmatch(gap)):
            end = other.end
    for name in _VERDICTS:
        match = lexicon.verdicts[name].match(masked, end) if name in lexicon.verdicts else None
        if match is None or not match.group().strip(' "'):
            continue
        negated = lexicon.negation.search(match.group()) is not None
        if name == "dislike" and not negated and lexicon.verdicts["like"].match(masked, end):
            return "like"
        return "dislike" if name == "like" and negated else stance_named(name)
    return ""


def _thing(span: Span, rules: Rules) -> Thing:
    items: tuple[str, ...] = ()
    if span.kind == "item":
        item = rules.catalog.get(span.items[0])
        items = (rules.linker.name(item),) if item is not None and span.sure else (_named(span, rules),)
    return Thing(span.start, span.end, "", span=span, items=items, words=span.text)


def _named(span: Span, rules: Rules) -> str:
    """An item that is not clear is mentioned as the person wrote it, so that the tools can ask."""
    link = rules.linker.link(span.text)
    item = rules.catalog.get(span.items[0])
    certain = link.status == "sure" and item is not None and link.candidates[0].item_id == item.item_id
    return rules.linker.name(item) if certain and item is not None else span.text


def _pointed(reference: Reference, things: Sequence[Thing], context: PlanContext) -> Thing:
    """What a pointer means: an item named earlier in the message for 'it', else places of the list shown."""
    numbers = [f"[{n}]" for n in range(1, len(context.shown) + 1)]
    named = [t for t in things if t.end <= reference.start]
    earlier = [t for t in named if t.items]
    back = reference.kind in ("it", "all") and bool(named)
    if back:
        items = earlier[-1].items if earlier and reference.kind == "it" else tuple(i for t in earlier for i in t.items)
    elif reference.kind == "it":
        items = (numbers[0],) if len(numbers) == 1 else ()
    else:
        items = resolved(reference, numbers)
    return Thing(reference.start, reference.end, "", reference=reference, items=items, words=reference.text, back=back)


def _pointers(
    low: str, spans: Sequence[Placed], limits: Sequence[Bound], context: PlanContext, rules: Rules
) -> list[Reference]:
    """Pointers that are no part of a name or a bound; a bare number only where the list shown has that place."""
    taken = [*places(spans), *places(limits)]
    found = [r for r in rules.linker.references(low) if not _overlaps((r.start, r.end), taken)]
    return [r for r in found if r.kind != "place" or context.shown]


def _compared(masked: str, limits: Sequence[Bound], spans: Sequence[Span], rules: Rules) -> tuple[Comparison, ...]:
    taken = [*places(spans), *places(limits)]
    found = [
        c
        for c in comparisons(masked, rules.scales, rules.lexicon)
        if (c.facet in rules.scales.usable or c.degree == "most") and not _overlaps((c.start, c.end), taken)
    ]
    if not is_unspaced("".join(masked[c.start : c.end] for c in found)):
        return tuple(found)
    inside = {place for start, end in rules.linker.words(masked) for place in range(start + 1, end)}
    return tuple(c for c in found if not {c.start, c.end} & inside)


def _is_plain_noun(span: Span, rules: Rules) -> bool:
    return span.text.casefold() in rules.lexicon.nouns


def _is_number(text: str) -> bool:
    return text.replace(" ", "").isdigit()


def _year_of(bound: Bound, spans: Sequence[Span], text: str) -> bool:
    """The year in brackets or right behind a title tells items apart; it is no condition."""
    exact = len(bound.filters) == 1 and text[bound.start : bound.end].isdigit()
    if exact and text[bound.start - 1 : bound.start] == "(":
        return True
    behind = [
        s
        for s in spans
        if s.kind == "item" and text[s.end : bound.start].strip() in ("", "(", ",") and s.end <= bound.start
    ]
    return exact and bool(behind)


def _overlaps(span: tuple[int, int], taken: Iterable[tuple[int, int]]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in taken)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with stretches blanked out, of the same length."""
    for start, end in spans:
        text = text[:start] + MASK * (end - start) + text[end:]
    return text
