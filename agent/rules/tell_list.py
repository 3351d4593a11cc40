"""Tell a list: what was understood, the items with a reason each, one next step, or that nothing fits. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.observations import Found, Noted, Nothing
from agent.plan import Recommend, Search
from agent.quoting import escape, plain
from agent.rules.tell_aside import introduced, measured
from agent.rules.tell_choice import reached
from agent.rules.tell_wish import countable, noun_phrase, wish_of, words_of
from agent.rules.voice import Voice
from agent.types import Card, Reason
from retrieval.catalog import as_labels
from retrieval.types import Op, Relaxation

_NEARLY = 0.5
"""A reason of another kind than the line before is preferred when it weighs at least this share of the best one."""
_SLIGHT = 0.1
"""What is about this person and this item is left to `why` when it makes less than this share of what is not."""
_RELAXATIONS = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """What is told of a card: values beside its title, who made it and what it is, and its reason."""

    card: Card
    beside: tuple[str, ...]
    introduction: tuple[str, ...]
    reason: Reason | None

    @property
    def impersonal(self) -> bool:
        """Whether nothing speaks for it that is about this person."""
        return self.reason is None or impersonal(self.reason)


def lines(voice: Voice, cards: Sequence[Card], found: Found | None = None) -> list[str]:
    """The numbered lines: title, what it costs, and of its reasons the best that the lines before have not used up.

    Where nothing speaks for an item but the conditions that all of them meet, or that others took it, it is introduced.
    """
    return [_line(voice, entry) for entry in entries(voice, cards, found)]


def entries(voice: Voice, cards: Sequence[Card], found: Found | None = None) -> list[Entry]:
    """What the lines are made of. The introduction is there for all, though a line leaves it out behind a reason about
    the person."""
    told: list[Entry] = []
    chosen: list[Reason] = []
    constraints = found.constraints if found else ()
    items = [card.item for card in cards]
    for card in cards:
        reason = _best(card, chosen)
        if reason is not None and _is_shared(reason, cards):
            reason = None
        beside = measured(voice, card.item, constraints, found.sorted_by if found else "")
        told.append(Entry(card, tuple(beside), tuple(introduced(voice, card.item, constraints, items)), reason))
        chosen += [reason] if reason is not None else []
    return told


def _line(voice: Voice, entry: Entry) -> str:
    comma, stop = voice.phrases.typing.comma, voice.part("stop")
    title = voice.offered(entry.card.item)
    item = voice.part("priced", item=title, facts=comma.join(entry.beside)) if entry.beside else title
    introduction = voice.part("comma").join(entry.introduction) if entry.impersonal else ""
    reason = escape(entry.reason.text, 300) if entry.reason else ""
    told = stop.join(part for part in (introduction, reason) if part)
    if not told:
        return voice.part("line", number=entry.card.number, item=item)
    return voice.part("line_because", number=entry.card.number, item=item, reason=told)


def lead(voice: Voice, found: Found, shown: int, first: bool) -> str:
    """The sentence before a list: what was understood, and how much there is of it."""
    wish = wish_of(voice, found)
    if not first:
        return voice.say("also_wish", wish=wish) if wish else voice.say("also")
    if found.more:
        return voice.say("lead_more_wish", wish=wish) if wish else voice.say("lead_more")
    if found.sorted_by:
        return _sorted(voice, found, wish or voice.part("nouns"))
    if wish:
        return _counted(voice, found, shown, wish)
    if _is_bold(voice):
        return voice.say("lead_surprise")
    if any(isinstance(o, Noted) for o in voice.context.observations):
        return voice.say("lead_noted")
    liked = _liked(voice)
    if not liked and voice.context.past and not voice.context.person:
        return voice.say("lead_past")
    return voice.say("lead_taste", liked=voice.listed(liked)) if liked else voice.say("lead_cold")


def nothing(voice: Voice, found: Nothing) -> list[str]:
    """Say plainly that nothing fits, and the smallest ways out with their counts."""
    nouns = voice.part("nouns")
    wish = noun_phrase(voice, nouns, found.constraints)
    if found.exhausted:
        return [voice.say("exhausted", wish=wish) if wish != nouns else voice.say("exhausted_all")]
    if wish == nouns:
        return [voice.say("nothing_at_all")]
    ways = [relaxation(voice, r) for r in found.relaxations[:_RELAXATIONS]]
    key = "relax" if len(ways) > 1 else "relax_one"
    said = voice.part("clauses").join(ways)
    ends = reached(voice, found.reach)
    return [voice.say("nothing", wish=wish), *ends, *([voice.say(key, relaxations=said)] if ways else [])]


def next_step(voice: Voice, cards: Sequence[Card]) -> str:
    """One gentle suggestion that fits the cards and was not made just before; of several, the seed chooses."""
    steps = [s for s in _steps(voice, cards) if plain(s) not in plain(voice.before)]
    return voice.chosen(steps) if steps else ""


def _steps(voice: Voice, cards: Sequence[Card]) -> Iterator[str]:
    number = cards[len(cards) // 2].number
    if not any(p.said.kind == "item" for p in voice.context.preferences):
        yield voice.say("next_taste")
        if not voice.before:
            return
    yield voice.say("next_known")
    yield voice.say("next_more_like", number=number)
    yield voice.say("next_why", number=number)
    if words := _comparatives(voice, cards):
        yield voice.say("next_compare", words=voice.listed(words, "or"))
    if pair := _dividing(voice, cards):
        yield voice.say("next_facet", first=pair[0], last=pair[1])


def _best(card: Card, chosen: Sequence[Reason]) -> Reason | None:
    """The weightiest reason that tells this card from the others, rather of another kind than the line before."""
    fresh = [r for r in card.reasons if not any(_same(r, c) for c in chosen)]
    personal = [r for r in fresh if not impersonal(r)]
    slight = any(impersonal(r) and _SLIGHT * _weight(r) > max(map(_weight, personal), default=0) for r in fresh)
    telling = (fresh if slight else personal) or fresh or list(card.reasons)
    if not telling:
        return None
    last = chosen[-1].evidence[0].kind if chosen else ""
    varied = (r for r in telling if r.evidence[0].kind != last and _weight(r) >= _NEARLY * _weight(telling[0]))
    return next(varied, telling[0])


def _is_shared(reason: Reason, cards: Sequence[Card]) -> bool:
    """Only conditions, which the sentence before the list names, or wishes that every card meets."""
    if any(e.kind != "wish" for e in reason.evidence):
        return False
    scoring = any(e.weight > 0 for e in reason.evidence)
    return not scoring or (len(cards) > 1 and all(any(_same(reason, r) for r in card.reasons) for card in cards))


def _same(a: Reason, b: Reason) -> bool:
    """Whether two reasons say the same, be it in other words."""
    wished = a.evidence[0].kind == b.evidence[0].kind == "wish"
    return a.text == b.text or (wished and {e.ref for e in a.evidence} == {e.ref for e in b.evidence})


def impersonal(reason: Reason) -> bool:
    """Said of many items and for anybody: that it is popular, new, or near the words as a whole."""
    first = reason.evidence[0]
    return first.kind in ("popularity", "recency") or not first.detail


def _weight(reason: Reason) -> float:
    return sum(e.weight for e in reason.evidence)


def _sorted(voice: Voice, found: Found, wish: str) -> str:
    label = voice.label(found.sorted_by)
    orders = [a.sort for a in voice.context.plan.actions if isinstance(a, Search) and a.sort is not None]
    spec = voice.wording.facet(found.sorted_by)
    words = [spec.more if o.descending else spec.less for o in orders if o.facet == found.sorted_by]
    if words and words[0]:
        return voice.say("lead_sorted_first", wish=wish, label=label, first=escape(words[0][0]))
    return voice.say("lead_sorted", wish=wish, label=label)


def _is_bold(voice: Voice) -> bool:
    """A surprise was asked for, and what was found is not simply what everybody takes."""
    asked = any(isinstance(a, Recommend) and a.surprise for a in voice.context.plan.actions)
    loudest = [card.reasons[0].evidence[0].kind for card in voice.context.cards if card.reasons]
    return asked and 2 * loudest.count("popularity") < max(len(loudest), 1)


def _counted(voice: Voice, found: Found, shown: int, wish: str) -> str:
    if not countable(voice, found):
        words = "" if found.constraints or found.anchors else words_of(voice, found)
        return voice.say("lead_words", words=voice.quoted(words)) if words else voice.say("lead_wish", wish=wish)
    if found.matching == 1:
        return voice.say("lead_one", wish=wish_of(voice, found, one=True))
    if found.matching <= shown:
        return voice.say("lead_few", wish=wish, count=found.matching)
    return voice.say("lead_counted", wish=wish, count=f"{found.matching:,}")


def _liked(voice: Voice) -> list[str]:
    """The items liked last, at most two."""
    said = [p.said for p in voice.context.preferences if p.said.kind == "item" and p.said.rated and not p.said.person]
    return [voice.said(s) for s in said if s.polarity > 0][-2:]


def relaxation(voice: Voice, way: Relaxation) -> str:
    """A way out: 'without “Western” there are 5'."""
    count = f"{way.count:,}"
    if all(c.op is Op.NOT_IN for c in way.dropped):
        values = voice.listed(voice.value(c.facet, v) for c in way.dropped for v in c.values)
        return voice.part("allowing", values=values, count=count)
    conditions = voice.listed(voice.part("quoted", text=c) for c in voice.conditions(way.dropped))
    return voice.part("dropping", conditions=conditions, count=count)


def _comparatives(voice: Voice, cards: Sequence[Card]) -> list[str]:
    """One comparative per facet on which the cards differ."""
    words: list[str] = []
    for facet, spec in voice.wording.spec.facets.items():
        held = {card.item.facets.get(facet) for card in cards} - {None}
        if len(held) > 1 and (spec.more or spec.less):
            words.append(escape((spec.less or spec.more)[0]))
    return words[:2]


def _dividing(voice: Voice, cards: Sequence[Card]) -> tuple[str, str] | None:
    """Two values of a facet, each on some of the cards and never both on one."""
    for facet, spec in voice.wording.spec.facets.items():
        if spec.kind == "categorical" and spec.multi and spec.filterable and not spec.people:
            held = [frozenset(as_labels(card.item.facets.get(facet))) for card in cards]
            values = sorted({v for h in held for v in h}, key=lambda v: (-sum(v in h for h in held), v))
            for a in values:
                b = next((b for b in values if b != a and not any({a, b} <= h for h in held)), None)
                if b is not None:
                    return voice.value(facet, a), voice.value(facet, b)
    return None
