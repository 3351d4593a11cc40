"""Words that compare by a facet: 'newer', 'the longest', 'not too old', 'recent'; derived from the manifest."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median_low
from typing import Literal

import numpy as np

from agent.plan import Filter, Order
from agent.rules.lexicon import Lexicon, either
from retrieval.catalog import Catalog, as_number
from retrieval.types import Item, Op

_USABLE = 0.5
"""A facet that fewer items have is not filtered by on a vague word: too much would be lost."""
_EXTREME = 0.2
"""'Recent' and 'old' are the newest and the oldest fifth; 'not too old' excludes the oldest."""

Degree = Literal["more", "most", "plain", "not"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparing word at characters start to end: of which facet, upwards (1) or downwards (-1), and how."""

    start: int
    end: int
    facet: str
    sign: int
    degree: Degree


@dataclass(frozen=True, slots=True)
class Scales:
    """Every comparing word of a catalogue, with its facet and direction, and the patterns that find them."""

    words: Mapping[Degree, Mapping[str, tuple[str, int]]]
    patterns: Mapping[Degree, re.Pattern[str]]
    usable: frozenset[str]


def scales_of(catalog: Catalog, lexicon: Lexicon, common: Mapping[str, int]) -> Scales:
    """Derive superlatives and plain forms from the manifest's comparatives; a plain form must be a `common` word."""
    rules, more = lexicon.comparison, dict[str, tuple[str, int]]()
    usable: set[str] = set()
    for name, spec in catalog.spec.facets.items():
        if spec.kind in ("numeric", "date") and spec.filterable:
            more.update({w.casefold(): (name, 1) for w in spec.more} | {w.casefold(): (name, -1) for w in spec.less})
            if len(catalog) and np.isfinite(catalog.numbers(name)).mean() >= _USABLE:
                usable.add(name)
    most = {_derived(w, rules.endings, rules.prefixes, 1): target for w, target in more.items()}
    most = {word: target for word, target in most.items() if word not in rules.plain}
    plain = {
        base: target for word, target in more.items() for base in _bases(word, lexicon) if base in common or " " in base
    }
    most.update({w: more[c] for w, c in rules.superlatives.items() if c in more})
    plain.update({w: more[c] for w, c in rules.plain.items() if c in more})
    for word, target in tuple(more.items()):
        more.update({form.format(base): target for base in _bases(word, lexicon) for form in rules.forms})
    more = {**_named(catalog, rules.named_more), **more}
    most = {**_named(catalog, rules.named_most), **most}
    words: dict[Degree, Mapping[str, tuple[str, int]]] = {"more": more, "most": most, "plain": plain}
    edge = lexicon.writing.edge
    patterns = {degree: re.compile(rf"{edge}{either(table)}{edge}") for degree, table in words.items()}
    return Scales(words, patterns, frozenset(usable))


def _named(catalog: Catalog, forms: Mapping[str, int]) -> dict[str, tuple[str, int]]:
    """Comparing words that say the name of their facet: 'the highest salary'."""
    ordered = ((n, s) for n, s in catalog.spec.facets.items() if s.kind in ("numeric", "date") and s.filterable)
    labels = {label.casefold(): name for name, spec in ordered for label in (spec.label, spec.plural) if label}
    return {form.format(label): (name, sign) for label, name in labels.items() for form, sign in forms.items()}


def comparisons(text: str, scales: Scales, lexicon: Lexicon) -> tuple[Comparison, ...]:
    """Return the comparing words of plain text, in order; 'not too long' is `not`, 'too long' asks for less."""
    found: list[Comparison] = []
    for degree in ("most", "more", "plain"):
        for match in scales.patterns[degree].finditer(text):
            facet, sign = scales.words[degree][match.group()]
            taken = any(c.start < match.end() and match.start() < c.end for c in found)
            if not taken and (degree != "plain" or _is_plain(text, match, lexicon)):
                found.append(_weighed(Comparison(*match.span(), facet, sign, degree), text, lexicon))
    return tuple(sorted(found, key=lambda c: c.start))


def is_comparative(word: str, lexicon: Lexicon, common: Mapping[str, int]) -> bool:
    """Whether a word compares by something no facet holds: 'darker', 'funnier'."""
    bases = (word.removesuffix(more) + base for more, _, base in lexicon.comparison.endings if word.endswith(more))
    return any(base in common and len(base) > 2 for base in bases)


def critique(comparison: Comparison, of: Sequence[Item], catalog: Catalog) -> Filter | None:
    """A bound relative to items: beyond the one, or beyond the middle of several; None if none has a value."""
    values = [as_number(v) for item in of if (v := item.facets.get(comparison.facet)) is not None]
    if not values:
        return vague(comparison, catalog)
    op = Op.GT if comparison.sign > 0 else Op.LT
    return Filter(facet=comparison.facet, op=op, values=(_shown(median_low(values), comparison.facet, catalog),))


def vague(comparison: Comparison, catalog: Catalog) -> Filter | None:
    """A bound for 'recent', 'old' or 'not too long' from the spread of the catalogue."""
    column = catalog.numbers(comparison.facet)
    known = column[np.isfinite(column)]
    if not known.size:
        return None
    upwards = comparison.sign > 0
    edge = float(np.quantile(known, 1 - _EXTREME if upwards else _EXTREME, method="nearest"))
    without, within = (Op.LT, Op.GE) if upwards else (Op.GT, Op.LE)
    op = without if comparison.degree == "not" else within
    return Filter(facet=comparison.facet, op=op, values=(_shown(edge, comparison.facet, catalog),))


def order(comparison: Comparison) -> Order:
    """The newest, the cheapest: a sort by the facet."""
    return Order(facet=comparison.facet, descending=comparison.sign > 0)


def _shown(value: float, facet: str, catalog: Catalog) -> str | float:
    if catalog.facet(facet).kind != "date":
        return value
    return date.fromordinal(int(value)).isoformat()


def _weighed(found: Comparison, text: str, lexicon: Lexicon) -> Comparison:
    if found.degree != "plain":
        return found
    before = text[max(0, found.start - 30) : found.start].rstrip()
    for pattern, degree, sign in ((lexicon.too, "not", 1), (lexicon.too_bad, "more", -1)):
        match = next((m for m in pattern.finditer(before) if m.end() == len(before)), None)
        if match is not None:
            start = found.start - (len(text[max(0, found.start - 30) : found.start]) - match.start())
            chosen: Degree = "not" if degree == "not" else "more"
            return Comparison(start, found.end, found.facet, found.sign * sign, chosen)
    return found


def _is_plain(text: str, match: re.Match[str], lexicon: Lexicon) -> bool:
    """A plain adjective counts before a word for items, at an end, or after 'too'."""
    before, after = text[: match.start()].rstrip(), text[match.end() :]
    too = any(m.end() == len(before) for p in (lexicon.too, lexicon.too_bad) for m in p.finditer(before))
    return too or lexicon.plain_follows.match(after) is not None


def _derived(
    word: str, endings: Iterable[tuple[str, str, str]], prefixes: Iterable[tuple[str, str, str]], form: int
) -> str:
    for rule in prefixes:
        if word.startswith(rule[0]):
            return rule[form] + word.removeprefix(rule[0])
    for rule in endings:
        if word.endswith(rule[0]):
            return word.removesuffix(rule[0]) + rule[form]
    return word


def _bases(word: str, lexicon: Lexicon) -> Iterable[str]:
    rules = lexicon.comparison
    prefixed = [
        word.removeprefix(p) for p, _, base in rules.prefixes if word.startswith(p) and not p.startswith("less")
    ]
    if prefixed or " " in word:
        return prefixed
    return [word.removesuffix(end) + base for end, _, base in rules.endings if word.endswith(end)]
