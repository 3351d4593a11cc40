"""Numbers and their units, read in the unit of the facet they speak of."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agent.rules.lexicon import Lexicon, either
from retrieval.catalog import Catalog
from retrieval.entities import moment_facet

_UNIT_NAMES = {"s": "time", "min": "time", "h": "time", "g": "weight", "kg": "weight"}
"""Short units that are also something else: 'm' is a metre."""

_CURRENCIES = frozenset("$€£¥")
_CHEAPER = "cheaper"
"""What the build's table of well-known facets says of prices."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in the unit of a facet."""

    facet: str
    value: float


@dataclass(frozen=True, slots=True)
class Measures:
    """The facets of a catalogue that numbers speak of."""

    moment: str
    newest: float
    by_family: Mapping[str, tuple[str, float]]
    """Unit family: the facet measured in it, and how many of the smallest unit its own unit is."""
    by_label: Mapping[str, str]
    price: str = ""
    """The facet that a bare 'under 30' speaks of."""


def measures_of(catalog: Catalog, lexicon: Lexicon) -> Measures:
    """Work out which facet a unit, a year or a label stands for."""
    moment = moment_facet(catalog)
    bounds = catalog.bounds(moment) if moment else None
    families: dict[str, tuple[str, float]] = {}
    labels: dict[str, str] = {}
    for name, spec in catalog.spec.facets.items():
        if spec.kind != "numeric" or not spec.filterable:
            continue
        labels.update({spec.label.casefold(): name, name.casefold(): name})
        for family, units in lexicon.units.items():
            if spec.unit in units and _UNIT_NAMES.get(spec.unit, family) == family:
                families.setdefault(family, (name, units[spec.unit]))
    price = _price(catalog)
    if price and not catalog.facet(price).unit:
        # A price without a currency is in whatever currency people name.
        currencies = [family for family, units in lexicon.units.items() if _CURRENCIES & units.keys()]
        families = {**dict.fromkeys(currencies, (price, 1.0)), **families}
    return Measures(moment, bounds[1] if bounds else 0.0, families, labels, price)


def _price(catalog: Catalog) -> str:
    """The facet that is a price: measured in a currency, or one that a manifest calls cheaper when it is less."""
    numeric = ((n, s) for n, s in catalog.spec.facets.items() if s.kind == "numeric" and s.filterable)
    return next((n for n, s in numeric if s.unit in _CURRENCIES or _CHEAPER in s.less), "")


def read_number(words: str, lexicon: Lexicon) -> float | None:
    """Read digits or number words: 'twenty five' is 25; None for anything else."""
    words = words.strip()
    if re.fullmatch(r"\d+(?:[.,]\d+)?", words):
        digits = words.replace(",", "") if re.fullmatch(r"\d+,\d{3}", words) else words.replace(",", ".")
        return float(digits)
    split = re.split(lexicon.writing.joint, words) if lexicon.writing.joint else _cut(words, lexicon.numbers)
    if not split or any(word not in lexicon.numbers for word in split):
        return None
    return _number(split, lexicon)


def _cut(words: str, numbers: Mapping[str, float]) -> list[str]:
    """Number words that are written together, apart."""
    found = re.findall(either(numbers), words)
    return found if "".join(found) == words else []


def _number(words: Sequence[str], lexicon: Lexicon) -> float | None:
    """Number words as a number: digits in a row, words that multiply, words that add; two or three hundred is none."""
    numbers, writing = lexicon.numbers, lexicon.writing
    if len(words) > 1 and all(numbers[w] < 10 for w in words):
        return float("".join(f"{numbers[w]:.0f}" for w in words))
    if any(0 < numbers[a] < 10 and 0 < numbers[b] < 10 for a, b in pairwise(words)):
        return None
    total, group, unit = 0.0, 0.0, 1.0
    for word in words:
        value = numbers[word]
        if word in writing.multiples:
            total, group = (total, (group or 1.0) * value) if value < 1000 or group else (total, value)
            if writing.shortened or value >= 1000:
                total, group = total + group, 0.0
            unit = value
        else:
            group += value
            unit = 1.0 if value == 0 else unit
    tenths = writing.shortened and unit >= 100 and words[-1] not in writing.multiples
    return total + group * (unit / 10 if tenths else 1.0)


def quantity_of(words: str, text: str, span: tuple[int, int], lexicon: Lexicon, measures: Measures) -> Quantity | None:
    number = read_number(words, lexicon)
    if measures.moment and number is not None and re.fullmatch(r"(?:1[89]|20)\d\d(?:\.0)?", str(number)):
        return Quantity(measures.moment, number)
    scaled = scale(words, lexicon, measures)
    if scaled is not None:
        return scaled
    edge = lexicon.writing.edge
    near = text[max(0, span[0] - 40) : span[0]]
    label = next(
        (facet for label, facet in measures.by_label.items() if re.search(rf"{edge}{re.escape(label)}{edge}", near)), ""
    )
    if label == measures.moment or not words[:1].isdigit():
        return None
    return None if number is None or not label else Quantity(label, number)


def scale(words: str, lexicon: Lexicon, measures: Measures) -> Quantity | None:
    """A number with a unit of some facet, in that facet's own unit: '2 hours' of a facet in minutes is 120."""
    for family, (facet, own) in measures.by_family.items():
        amount = _amount(words, lexicon.units[family], lexicon)
        if amount is not None:
            return Quantity(facet, round(amount / own, 3))
    return None


def _amount(words: str, units: Mapping[str, float], lexicon: Lexicon) -> float | None:
    """Sum of numbers with units of one family, in its smallest: 'two and a half hours', '1h 30', '$20'."""
    inside = lexicon.limits.words
    half = lexicon.limits.half.search(words) is not None
    words = re.sub(rf"{lexicon.writing.gap}(?:{inside.half})", "", words.strip())
    words = re.sub(rf"^{inside.one}?{inside.halves}", "half ", words)
    words = re.sub(rf"^{inside.one}?(?={either(u for u in units if u.isalpha())}$)", "one ", words)
    signed = re.fullmatch(rf"({either(units)}) ?(.+)", words)
    if signed is not None and (number := read_number(signed[2], lexicon)) is not None:
        return number * units[signed[1]]
    number_words = either(lexicon.numbers)
    digits_or_words = rf"\d+(?:[.,]\d+)?|{number_words}(?:{lexicon.writing.joint}{number_words})*"
    parts = re.findall(rf"({digits_or_words})[ -]?({either(units)})?(?![a-z])", words)
    if not parts or not parts[0][1]:
        return None
    smaller = [units[unit] for _, unit in parts if unit]
    total, last = 0.0, 0.0
    for digits, unit in parts:
        number = read_number(digits, lexicon)
        if number is None:
            return None
        last = units[unit] if unit else _below(smaller[-1], units)
        total += number * last
    return total + (last / 2 if half else 0.0)


def _below(unit: float, units: Mapping[str, float]) -> float:
    return max((u for u in units.values() if u < unit), default=unit)
