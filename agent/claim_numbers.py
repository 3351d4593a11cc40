"""Numbers of a sentence against the evidence: years, prices, lengths, counts, decades. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from agent.claim_evidence import NUMBER, Fact
from agent.claim_words import any_of, claim_words

_NEAR, _SPAN = 0.1, 1.5
_SIGNS = "$€£¥"
_BEFORE, _BEHIND = 16, 8

Bound = Literal["", "about", "over", "under"]


@dataclass(frozen=True, slots=True)
class Told:
    """A number as a sentence tells it, at characters start to end; `decade`: years of one are meant."""

    start: int
    end: int
    value: float
    unit: str = ""
    bound: Bound = ""
    decade: bool = False


@dataclass(frozen=True, slots=True)
class _Patterns:
    long: re.Pattern[str]
    units: tuple[tuple[str, re.Pattern[str]], ...]
    bounds: tuple[tuple[Bound, re.Pattern[str]], ...]
    decade: re.Pattern[str]


def numbers_of(text: str, blank: Sequence[tuple[int, int]]) -> Iterator[Told]:
    """Every number of a sentence; the stretches of `blank` (titles, the mark of an entry) are not read."""
    patterns, read = _patterns(), list(blank)
    for match in patterns.decade.finditer(text):
        if not _within(match.start(), read):
            read.append(match.span())
            yield Told(*match.span(), _decade(match), decade=True)
    for match in patterns.long.finditer(text):
        if not _within(match.start(), read):
            read.append(match.span())
            minutes = float(match["h"]) * 60 + float(match["m"] or 0)
            yield Told(*match.span(), minutes, "min", _bound(text, *match.span()))
    for match in NUMBER.finditer(text):
        if not _within(match.start(), read):
            value = float(match[0].replace(",", ""))
            yield Told(*match.span(), value, _unit(text, *match.span()), _bound(text, *match.span()))


def holds(told: Told, facts: Sequence[Fact]) -> bool:
    """Whether one of the facts is that number, or within what 'about', 'over' and 'under' allow."""
    if told.decade:
        return any(_of_decade(f, told.value) for f in facts)
    typed = {f.unit for f in facts if f.unit}
    fitting = [f for f in facts if told.unit == f.unit or not f.unit or told.unit not in typed]
    fitting = [f for f in fitting if told.unit or not f.unit or f.unit not in _SIGNS or told.value == f.value]
    return any(_fits(told, f) for f in fitting)


def _fits(told: Told, fact: Fact) -> bool:
    said, known = told.value, fact.value
    if abs(said - known) < 0.005:
        return True
    if not fact.facet:
        return False
    match told.bound:
        case "about":
            return abs(said - known) <= _NEAR * known
        case "over":
            return said <= known <= _SPAN * said
        case "under":
            return known <= said
        case _:
            return False


def _of_decade(fact: Fact, decade: float) -> bool:
    year = fact.value
    if fact.unit or not 1000 <= year <= 2200:
        return year == decade and not fact.facet
    return year // 10 * 10 % (100 if decade < 100 else 10_000) == decade


def _decade(match: re.Match[str]) -> float:
    words = claim_words().decades
    return float(match["digits"] or words[match["word"].casefold()])


def _unit(text: str, start: int, end: int) -> str:
    """The catalogue's unit for the sign before the number or the word behind it."""
    if text[:start].rstrip()[-1:] in _SIGNS and start:
        return text[:start].rstrip()[-1:]
    behind = text[end : end + 14].lstrip(" -")
    return next((unit for unit, pattern in _patterns().units if pattern.match(behind)), "")


def _bound(text: str, start: int, end: int) -> Bound:
    before = text[max(0, start - _BEFORE) : start].casefold()
    behind = text[end : end + _BEHIND]
    for bound, pattern in _patterns().bounds:
        said = pattern.search(before)
        if (said and len(before) - said.end() <= 3) or re.match(rf"\D{{0,4}}{pattern.pattern}", behind):
            return bound
    return ""


def _within(place: int, read: Sequence[tuple[int, int]]) -> bool:
    return any(a <= place < b for a, b in read)


@cache
def _patterns() -> _Patterns:
    words = claim_words()
    hours, minutes = any_of(words.words.hours), any_of(words.units.get("min", ("min",)))
    behind = rf"(?: ?(?:and )?(?P<m>\d+)[ -]?{minutes}?)?"
    named = "|".join(map(re.escape, sorted(words.decades, key=len, reverse=True)))
    return _Patterns(
        long=re.compile(
            rf"(?<![A-Za-z0-9.,])(?P<h>\d+(?:\.\d+)?)[ -]?(?:{hours}|h(?=\d|\b)){behind}",
            re.IGNORECASE,
        ),
        units=tuple((unit, re.compile(any_of(known), re.IGNORECASE)) for unit, known in words.units.items()),
        bounds=(
            ("about", re.compile(any_of(words.about))),
            ("over", re.compile(any_of(words.over))),
            ("under", re.compile(any_of(words.under))),
        ),
        decade=re.compile(
            rf"(?<![A-Za-z0-9])['’]?(?P<digits>(?:1\d|20)?\d0)(?:['’]?s\b| ?年代)|\b(?P<word>{named})(?:\b|年代)",
            re.IGNORECASE,
        ),
    )
