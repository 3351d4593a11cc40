"""Questions about items: facts, comparisons, why and why not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.plan import Compare, Details, Filter, Order, Plan, Why, WhyNot
from agent.ports import PlanContext
from agent.rules.leftover import free_wish
from agent.rules.lexicon import either
from agent.rules.reading import Reading, Rules, Thing, read
from retrieval.folding import is_unspaced
from retrieval.manifest import FacetSpec
from retrieval.types import Op

_FEW = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks of an item: a facet, perhaps whether it has a value or keeps within a bound."""

    facet: str = ""
    value: str = ""
    condition: Filter | None = None


_NAME = re.compile(r"[A-Z][\w'’-]*(?: (?:(?:of|the|and|in) )*[A-Z][\w'’-]*)*")

_QUOTED = re.compile(r'"([^"]{2,60})"')


def question(reading: Reading, rules: Rules) -> Plan | None:
    """Read a question about items as calls; None if the message asks nothing about an item."""
    parts = rules.lexicon.parts
    if parts["what_if"].match(reading.plain.lstrip()):
        return None
    if parts["why_not"].search(reading.masked):
        return _why_not(reading, rules)
    if parts["why"].search(reading.masked):
        return (
            Plan(actions=tuple(Why(item=m) for m in _asked_about(reading, rules)[:3]))
            if _asked_about(reading, rules)
            else None
        )
    bounded = reading.bounds and rules.lexicon.questions["holds"].match(reading.masked.strip())
    if (parts["compare"].search(reading.masked) and not bounded) or (
        reading.comparisons and parts["which"].match(reading.plain)
    ):
        items = _all_items(reading)
        if len(items) < 2 and len(reading.context.shown) > 1:
            items = tuple(f"[{n}]" for n in range(1, min(len(reading.context.shown), _FEW) + 1))
        if len(items) > 1:
            return Plan(actions=(Compare(items=items[:_FEW], by=_asked_by(reading)),))
    return None if any(t.stance == "similar" for t in reading.things) else _fact(reading, rules)


def _asked_by(reading: Reading) -> Order | None:
    """'Which one is longer?' asks by a facet."""
    asked = [c for c in reading.comparisons if c.degree in ("more", "most")]
    return Order(facet=asked[0].facet, descending=asked[0].sign > 0) if asked else None


def focus(context: PlanContext, rules: Rules) -> str:
    """The item that 'it' means: the only one shown, the one of the last message, or the first shown; '' if none."""
    if len(context.shown) == 1:
        return "[1]"
    earlier = next((m.text for m in reversed(context.messages) if m.role == "user"), "")
    if earlier:
        before = read(replace(context, text=earlier, messages=()), rules)
        named = [t for t in before.things if t.items]
        if len(named) == 1:
            return named[0].items[0]
    return "[1]" if context.shown else ""


def _why_not(reading: Reading, rules: Rules) -> Plan | None:
    items = _all_items(reading)
    if items:
        return Plan(actions=tuple(WhyNot(item=m) for m in items[:3]))
    match = rules.lexicon.parts["why_not"].search(reading.masked)
    words = reading.text[match.end() :].strip(' ?!.？！。《》"') if match else ""
    return Plan(actions=(WhyNot(item=words),)) if words and not reading.things and not reading.bounds else None


def _asked_about(reading: Reading, rules: Rules) -> tuple[str, ...]:
    return _all_items(reading) or tuple(filter(None, (focus(reading.context, rules),)))


def _all_items(reading: Reading) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m for t in reading.things for m in t.items))


def _subjects(reading: Reading, rules: Rules) -> tuple[str, ...]:
    """The items a question is about; 'an Oscar' is no film here."""
    few = rules.linker.language.indefinites
    things = [t for t in reading.things if t.items]
    meant = [t for t in things if not few & set(reading.plain[: t.start].split()[-1:])]
    return tuple(dict.fromkeys(m for t in meant or things for m in t.items))


def _fact(reading: Reading, rules: Rules) -> Plan | None:
    """A question of fact about one item, or about several one by one."""
    pointer = next((t for t in reading.things if t.reference is not None), None)
    named = _subjects(reading, rules) or _unknown_name(reading, rules)
    about = rules.lexicon.parts["about"].search(reading.masked)
    if not (named or pointer or _says_it(reading, rules)):
        return _following(reading, rules)
    items = named or tuple(filter(None, (focus(reading.context, rules),)))
    if not items:
        return None
    asked = _asked(reading, rules)
    if not asked.facet and not about and not _is_listing(reading, rules):
        return _unanswerable(items, reading, rules) or _following(reading, rules)
    if about and not asked.facet:
        return Plan(actions=tuple(Details(item=m) for m in items[:3]))
    return Plan(actions=tuple(_details(m, asked, reading) for m in items[:3]))


def _details(item: str, asked: Asked, reading: Reading) -> Details:
    return Details(
        item=item, question=reading.text.strip()[:200], facet=asked.facet, value=asked.value, condition=asked.condition
    )


def _is_marked(reading: Reading, rules: Rules) -> bool:
    return rules.lexicon.parts["marked"].search(reading.plain) is not None


def _unanswerable(items: Sequence[str], reading: Reading, rules: Rules) -> Plan | None:
    """A question about one item that no facet answers: 'did it win an Oscar?'."""
    parts = rules.lexicon.parts
    bare = all(t.stance in ("", "none") and not t.back for t in reading.things if t.items)
    pointed = bool(reading.things) or parts["points"].search(reading.plain) is not None
    short = bool(reading.things) and not reading.plain[: reading.things[0].start].strip() and not reading.marks
    asks = parts["plain_question"].match(reading.plain) or (short and _is_marked(reading, rules))
    if len(items) != 1 or not bare or not pointed or not asks:
        return None
    return Plan(actions=(Details(item=items[0], question=reading.text.strip()[:200]),))


def _following(reading: Reading, rules: Rules) -> Plan | None:
    """'And Tom Hanks?', 'and the second one?': the question before, about another value or another item."""
    earlier = next((m.text for m in reversed(reading.context.messages) if m.role == "user"), "")
    if not earlier or len(reading.things) != 1 or not rules.lexicon.parts["follow_up"].match(reading.plain):
        return None
    if not _is_marked(reading, rules):
        return None
    before = question(read(replace(reading.context, text=earlier, messages=()), rules), rules)
    call = before.actions[0] if before is not None else None
    thing = reading.things[0]
    if not isinstance(call, Details) or not (call.facet or call.question):
        return None
    if thing.items:
        return Plan(actions=(call.model_copy(update={"item": thing.items[0]}),))
    held = [m for m in (thing.span.meanings if thing.span else ()) if m.facet == call.facet]
    return Plan(actions=(call.model_copy(update={"value": str(held[0].value)}),)) if held and call.value else None


def _unknown_name(reading: Reading, rules: Rules) -> tuple[str, ...]:
    """A name in a question that the catalogue does not have: the tools will say so."""
    asking = rules.lexicon.parts["asking"].search(reading.plain)
    if reading.things or asking is None:
        return ()
    quoted = _QUOTED.search(reading.plain)
    if quoted is not None:
        return (reading.text[quoted.start(1) : quoted.end(1)],)
    names = [m for m in _NAME.finditer(reading.text) if m.start() > 0 and m.group() != "I"]
    return (names[0].group(),) if names else ()


def _says_it(reading: Reading, rules: Rules) -> bool:
    """Whether the message is a question that may be about the item in focus."""
    asks = rules.lexicon.parts["it"].search(reading.masked) is not None
    return asks and bool(focus(reading.context, rules))


def _is_listing(reading: Reading, rules: Rules) -> bool:
    """'Do you have Inception?' asks for the item itself."""
    only = [t for t in reading.things if t.items and t.stance in ("", "want", "none")]
    rest = [t for t in reading.things if t not in only]
    return bool(only) and not rest and rules.lexicon.parts["listing"].match(reading.plain.strip()) is not None


def _asked(reading: Reading, rules: Rules) -> Asked:
    """The facet a question asks for, and the value or bound if it asks for yes or no."""
    asked = rules.lexicon.questions
    text = reading.masked.strip()
    values = [t for t in reading.things if t.span is not None and t.span.kind == "value"]
    if values and (asked["holds"].search(text) or _is_short(reading, rules)):
        return _held(values[0])
    if asked["holds"].search(text) and reading.bounds:
        bound = reading.bounds[0].filters[0]
        return Asked(bound.facet, condition=bound)
    if asked["holds"].search(text) and (some := _announced_number(text, rules)):
        return Asked(some, condition=Filter(facet=some, op=Op.GT, values=(0.0,)))
    if rules.lexicon.parts["asking"].search(text) and (labelled := _in_size(reading, rules)):
        return labelled
    for name, pattern in asked.items():
        match = pattern.search(text)
        facet = _of_role(name, match, text, rules) if match is not None else ""
        if facet:
            return Asked(facet)
    return Asked(_labelled(text, rules) if rules.lexicon.parts["asking"].search(text) else "")


def _announced_number(text: str, rules: Rules) -> str:
    """'Is it in stock?': the numeric facet whose phrase this is; yes if there is any."""
    edge = rules.lexicon.writing.edge
    numbers = ((n, s.phrases) for n, s in rules.catalog.spec.facets.items() if s.kind == "numeric" and s.phrases)
    return next((n for n, phrases in numbers if re.search(rf"{edge}{either(phrases)}{edge}", text)), "")


def _is_short(reading: Reading, rules: Rules) -> bool:
    """'The first one - in red?': nothing but an item, a value and a question mark."""
    pointed = any(t.items for t in reading.things) and len(reading.things) == 2
    bare = not reading.marks and not free_wish(reading, (), rules)
    return pointed and bare and _is_marked(reading, rules)


def _in_size(reading: Reading, rules: Rules) -> Asked | None:
    """'In size 2?': a facet by its label and a word that no item may have."""
    for name, spec in rules.catalog.spec.facets.items():
        called = either({w.casefold() for w in (name, spec.label) if w})
        match = re.search(rf"\b{called} (?P<value>[\w./-]+)\W*$", reading.plain)
        if spec.kind == "categorical" and match is not None:
            return Asked(name, reading.text[match.start("value") : match.end("value")])
    return None


def _held(thing: Thing) -> Asked:
    if thing.span is None:
        return Asked()
    meaning = thing.span.meanings[0]
    return Asked(meaning.facet, str(meaning.value))


def _of_role(name: str, match: re.Match[str], text: str, rules: Rules) -> str:
    facets = rules.catalog.spec.facets
    match name:
        case "people":
            return _person_asked(text, rules)
        case "moment":
            return rules.measures.moment
        case "place":
            return next(
                (n for n, s in facets.items() if set(s.phrases) & rules.lexicon.origins or n in rules.lexicon.origins),
                "",
            )
        case "amount":
            return _measured(match.group("word"), rules)
        case "price":
            return rules.measures.price
    return ""


def _person_asked(text: str, rules: Rules) -> str:
    """Which people a question is about: those its verb announces, those in a thing, or those who made it."""
    people = {n: s for n, s in rules.catalog.spec.facets.items() if s.people}
    verbs = {n: _verb(s, text, rules.lexicon.writing.edge) for n, s in people.items()}
    spoken = max(verbs, key=lambda n: verbs[n]) if any(verbs.values()) else ""
    asked, lexicon = rules.lexicon.questions, rules.lexicon
    if spoken:
        return spoken
    if asked["members"].search(text):
        return _announced_by(lexicon.members, people)
    return _announced_by(lexicon.makers, people) if asked["makers"].search(text) else ""


def _announced_by(word: str, people: dict[str, FacetSpec]) -> str:
    """Who is in it, who made it: people are announced by 'with' and 'by'."""
    return next((n for n, s in people.items() if word in s.phrases), next(iter(people), ""))


def _verb(spec: FacetSpec, text: str, edge: str) -> int:
    """How much of a text is a word for this facet: the longest such word."""
    spoken = {w for phrase in (*spec.phrases, spec.label) for w in phrase.casefold().split()}
    words = {w for w in spoken if len(w) > 4 or is_unspaced(w)}
    return max((len(m.group()) for m in re.finditer(rf"{edge}{either(words)}s?{edge}", text)), default=0)


def _measured(word: str, rules: Rules) -> str:
    """'How long', 'how expensive': the facet whose plain comparing word this is."""
    found = rules.scales.words["plain"].get(word)
    if found is not None:
        return found[0]
    return rules.measures.by_family["money"][0] if word == "much" and "money" in rules.measures.by_family else ""


def _labelled(text: str, rules: Rules) -> str:
    """A facet that the question calls by its label: 'what genre is it?'."""
    edge = rules.lexicon.writing.edge
    for name, spec in rules.catalog.spec.facets.items():
        words = {w.casefold() for w in (name, spec.label, spec.plural) if w}
        if spec.explainable and re.search(rf"{edge}{either(words)}{edge}", text):
            return name
    return ""
