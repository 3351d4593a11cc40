"""Numbers with their units and directions: bounds on facets, and how many items are wanted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from agent.plan import Filter
from agent.rules.lexicon import Lexicon, either
from agent.rules.quantities import Measures, Quantity, quantity_of, read_number, scale
from retrieval.types import Op

_PIVOT = 30
"""'the 30s' and later are of the last century, 'the 20s' and earlier of this one."""
_OPPOSITE = {Op.LT: Op.GE, Op.GE: Op.LT, Op.GT: Op.LE, Op.LE: Op.GT, Op.IN: Op.NOT_IN, Op.NOT_IN: Op.IN}
_YEARS = 2
"""'Around 1990' begins and ends so many years away."""
_REACH = 60
"""Characters before a number that may say how it bounds."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Conditions on a facet, and the characters they came from."""

    start: int
    end: int
    filters: tuple[Filter, ...]


def bounds(text: str, lexicon: Lexicon, measures: Measures) -> tuple[Bound, ...]:
    """Return the bounds in plain text, in order, none overlapping."""
    found: list[Bound] = []
    for bound in (*_decades(text, lexicon, measures), *_past(text, lexicon, measures)):
        _admit(bound, found)
    for pattern in lexicon.limits.between:
        for match in pattern.finditer(text):
            _admit(_between(match, text, lexicon, measures), found)
    for match in lexicon.limits.value.finditer(text):
        if not any(b.start < match.end() and match.start() < b.end for b in found):
            _admit(_single(match, text, lexicon, measures), found)
    return tuple(sorted(_joined(found, text, lexicon.limits.words.joints), key=lambda b: b.start))


def count(text: str, lexicon: Lexicon) -> tuple[int, tuple[int, int]] | None:
    """Return how many items are wanted, and the characters that say so."""
    for pattern in lexicon.counts:
        match = pattern.search(text)
        if match is None:
            continue
        groups = match.groupdict()
        if groups.get("one"):
            return 1, match.span("one")
        if groups.get("few"):
            return lexicon.few, match.span("few")
        number = read_number(groups.get("n") or "", lexicon)
        if number is not None and 1 <= number <= 50 and number == int(number):
            return int(number), match.span("n")
    return None


def _admit(bound: Bound | None, found: list[Bound]) -> None:
    if bound is not None and not any(b.start < bound.end and bound.start < b.end for b in found):
        found.append(bound)


def _decades(text: str, lexicon: Lexicon, measures: Measures) -> Iterable[Bound]:
    if not measures.moment:
        return
    for match in lexicon.limits.decade.finditer(text):
        groups = match.groupdict()
        first = lexicon.limits.words.decades[groups["name"]] if groups["name"] else _first_year(groups["digits"])
        part = groups["part"] or groups.get("part2") or ""
        low, high = lexicon.limits.words.parts.get(part, (0, 9))
        start, op = _direction(text, match, lexicon)
        end, op = _behind(text, match.end(), op, lexicon) if op is None else (match.end(), op)
        start, op = _negated(text, start, op, lexicon)
        yield Bound(start, end, _decade_filters(measures.moment, first + low, first + high, op))


def _decade_filters(facet: str, low: float, high: float, op: Op | None) -> tuple[Filter, ...]:
    match op:
        case Op.NOT_IN:
            return (Filter(facet=facet, op=op, values=tuple(float(y) for y in range(int(low), int(high) + 1))),)
        case Op.LT:
            return (Filter(facet=facet, op=Op.LT, values=(low,)),)
        case Op.GT:
            return (Filter(facet=facet, op=Op.GT, values=(high,)),)
        case Op.GE:
            return (Filter(facet=facet, op=Op.GE, values=(low,)),)
        case Op.LE:
            return (Filter(facet=facet, op=Op.LE, values=(high,)),)
        case _:
            return _range(facet, low, high)


def _first_year(digits: str) -> int:
    if len(digits) == 4:
        return int(digits)
    return int(digits) + (1900 if int(digits) >= _PIVOT else 2000)


def _past(text: str, lexicon: Lexicon, measures: Measures) -> Iterable[Bound]:
    """'The last five years' count back from the newest item: a catalogue knows no other now."""
    if not measures.moment:
        return
    for match in lexicon.limits.past.finditer(text):
        groups = match.groupdict()
        if groups["this"]:
            yield Bound(*match.span(), _this(groups["this"], lexicon, measures))
            continue
        n = read_number(groups["n"] or "", lexicon) or 1.0
        years = n * (10 if groups["unit"].startswith(lexicon.limits.words.decade_unit) else 1)
        yield Bound(*match.span(), (Filter(facet=measures.moment, op=Op.GT, values=(measures.newest - years,)),))


def _this(words: str, lexicon: Lexicon, measures: Measures) -> tuple[Filter, ...]:
    spans = lexicon.limits.words.spans
    now, span = measures.newest, spans[next(unit for unit in sorted(spans, key=len) if words.endswith(unit))]
    if words.startswith(lexicon.limits.words.last):
        return _range(measures.moment, now - 1, now - 1)
    return (Filter(facet=measures.moment, op=Op.GE, values=(now // span * span,)),)


def _range(facet: str, low: float, high: float) -> tuple[Filter, ...]:
    return (Filter(facet=facet, op=Op.GE, values=(low,)), Filter(facet=facet, op=Op.LE, values=(high,)))


def _between(match: re.Match[str], text: str, lexicon: Lexicon, measures: Measures) -> Bound | None:
    high = quantity_of(match["high"], text, match.span("high"), lexicon, measures)
    low = quantity_of(match["low"], text, match.span("low"), lexicon, measures)
    if high is None and low is None and match.groupdict().get("span"):
        low, high = (_bare_price(match[end], lexicon, measures) for end in ("low", "high"))
    if high is None:
        high = _same_century(low, match["high"], lexicon, measures)
    if high is None:
        return None
    if low is None or low.facet != high.facet:
        bare = read_number(match["low"], lexicon)
        scaled = None if bare is None else scale(match["low"] + _unit_of(match["high"], lexicon), lexicon, measures)
        low = scaled if scaled and scaled.facet == high.facet else None
    if low is None or low.value > high.value:
        return None
    return Bound(*match.span(), _range(high.facet, low.value, high.value))


def _same_century(low: Quantity | None, words: str, lexicon: Lexicon, measures: Measures) -> Quantity | None:
    """'Between 1975 and 85': two digits behind a year are of its century."""
    digits = read_number(words, lexicon)
    if low is None or low.facet != measures.moment or digits is None or not 0 <= digits < 100:
        return None
    return Quantity(low.facet, low.value // 100 * 100 + digits)


def _unit_of(words: str, lexicon: Lexicon) -> str:
    unit = re.search(rf"({either(u for family in lexicon.units.values() for u in family)})$", words)
    return " " + unit[1] if unit else ""


def _single(match: re.Match[str], text: str, lexicon: Lexicon, measures: Measures) -> Bound | None:
    start, op = _direction(text, match, lexicon)
    end = match.end()
    if op in (None, Op.IN, Op.GE):
        end, op = _behind(text, end, op, lexicon)
    quantity = quantity_of(match.group(), text, match.span(), lexicon, measures)
    if quantity is None and op in (Op.LT, Op.LE):
        quantity = _bare_price(match.group(), lexicon, measures)
    if quantity is None:
        return None
    tail = lexicon.limits.tail.match(text, end)
    end = tail.end() if tail else end
    if op is None and quantity.facet != measures.moment:
        return None
    start, op = _negated(text, start, op, lexicon)
    if op in (None, Op.IN) and lexicon.parts["roughly"].search(text[: match.start()]):
        return Bound(start, end, _roughly(quantity, measures))
    return Bound(start, end, (Filter(facet=quantity.facet, op=op or Op.IN, values=(quantity.value,)),))


def _roughly(quantity: Quantity, measures: Measures) -> tuple[Filter, ...]:
    """'Around 90 minutes' is a tenth more or less, 'around 1990' a few years."""
    reach = _YEARS if quantity.facet == measures.moment else quantity.value / 10
    return _range(quantity.facet, round(quantity.value - reach, 2), round(quantity.value + reach, 2))


def _behind(text: str, end: int, op: Op | None, lexicon: Lexicon) -> tuple[int, Op | None]:
    """The words behind a number that say how it bounds, and where they end."""
    for name, pattern in lexicon.limits.after.items():
        after = pattern.match(text[end:])
        if after is not None:
            return end + after.end(), Op(name)
    return end, op


def _negated(text: str, start: int, op: Op | None, lexicon: Lexicon) -> tuple[int, Op | None]:
    """A bound that words before it turn round: no films of before 2000."""
    before = lexicon.limits.negated.search(text[:start])
    return (before.start(), _OPPOSITE[op or Op.IN]) if before else (start, op)


def _bare_price(words: str, lexicon: Lexicon, measures: Measures) -> Quantity | None:
    """'Under 30' in a shop is about money."""
    number = read_number(words, lexicon)
    return Quantity(measures.price, number) if measures.price and number is not None else None


def _direction(text: str, match: re.Match[str], lexicon: Lexicon) -> tuple[int, Op | None]:
    """The words before a number that say how it bounds, and where they start; the longest wins."""
    best: tuple[int, Op | None] = (match.start(), None)
    for name, pattern in lexicon.limits.at.items():
        for before in pattern.finditer(text, max(0, match.start() - _REACH)):
            if match.start() <= before.end() < match.end() and before.start() < best[0]:
                best = (before.start(), Op.IN if name == "eq" else Op(name))
    return best


def _joined(found: Iterable[Bound], text: str, joints: frozenset[str]) -> list[Bound]:
    """'80s or 90s' is one range from the first to the last; 'or' between other bounds changes nothing."""
    ordered = sorted(found, key=lambda b: b.start)
    merged: list[Bound] = ordered[:1]
    for before, bound in pairwise(ordered):
        gap = text[before.end : bound.start].strip(" ,")
        both = _union(merged[-1], bound) if gap in joints else None
        if both is None:
            merged.append(bound)
        else:
            merged[-1] = Bound(merged[-1].start, bound.end, both)
    return merged


def _union(one: Bound, other: Bound) -> tuple[Filter, ...] | None:
    """Two ranges as one: from the first to the last, or what the first excludes and the other too."""
    first = one.filters[0]
    if len(other.filters) != 2 or other.filters[0].facet != first.facet:
        return None
    if first.op is Op.NOT_IN:
        low, high = (float(f.values[0]) for f in other.filters)
        more = _decade_filters(first.facet, low, high, Op.NOT_IN)[0]
        return (first.model_copy(update={"values": (*first.values, *more.values)}),)
    return (first, other.filters[1]) if len(one.filters) == 2 else None
