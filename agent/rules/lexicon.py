"""The words of a language and of a catalogue, compiled into the patterns that the rules look for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.rules.language_file import BoundWords, Comparatives, LanguageFile, read_file
from retrieval.manifest import CatalogSpec

MASK = "\u00a4"
"""Stands for every character of a name in a text where names are blanked out."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Patterns of numbers, and of the words around them that make them bounds."""

    between: tuple[re.Pattern[str], ...]
    at: Mapping[str, re.Pattern[str]]
    after: Mapping[str, re.Pattern[str]]
    value: re.Pattern[str]
    tail: re.Pattern[str]
    decade: re.Pattern[str]
    past: re.Pattern[str]
    words: BoundWords


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Compiled patterns over lower-case text with straight apostrophes."""

    whole: Mapping[str, re.Pattern[str]]
    parts: Mapping[str, re.Pattern[str]]
    stances: Mapping[str, re.Pattern[str]]
    verdicts: Mapping[str, re.Pattern[str]]
    reactions: Mapping[str, re.Pattern[str]]
    questions: Mapping[str, re.Pattern[str]]
    negation: re.Pattern[str]
    numbers: Mapping[str, float]
    counts: tuple[re.Pattern[str], ...]
    few: int
    limits: Limits
    units: Mapping[str, Mapping[str, float]]
    comparison: Comparatives
    too: re.Pattern[str]
    too_bad: re.Pattern[str]
    than: re.Pattern[str]
    drop: frozenset[str]
    origins: frozenset[str]
    members: str
    makers: str
    nouns: frozenset[str]


def load_lexicon(spec: CatalogSpec, code: str = "en") -> Lexicon:
    """Read `<code>.toml` and fill in a catalogue's words; AgentError if there is no such language."""
    file = read_file(code)
    nouns = frozenset(w.casefold() for w in (spec.noun, spec.nouns, *spec.words))
    fill = _fillings(file, nouns, spec.noun.casefold())
    pad = rf"(?:\W*\b{file.padding}\b)*\W*"
    return Lexicon(
        whole=_table({name: rf"^{pad}(?:{p}){pad}$" for name, p in file.whole.items()}, fill),
        parts=_table(file.parts, fill),
        stances=_table(file.stances, fill),
        verdicts=_table({name: rf"\s*(?:\([^)]*\)\s*)?(?:{p})" for name, p in file.verdicts.items()}, fill),
        reactions=_table(file.reactions, fill),
        questions=_table(file.questions, fill),
        negation=re.compile(file.negation),
        numbers=file.numbers,
        counts=tuple(_pattern(p, fill) for p in file.counts.patterns),
        few=file.counts.few,
        limits=_limits(file, fill),
        units=file.units,
        comparison=file.comparison,
        too=re.compile(file.comparison.too),
        too_bad=re.compile(file.comparison.too_bad),
        than=re.compile(file.comparison.than),
        drop=frozenset(file.leftover.drop.split()),
        origins=file.leftover.origins,
        members=file.leftover.members,
        makers=file.leftover.makers,
        nouns=nouns,
    )


def _limits(file: LanguageFile, fill: Mapping[str, str]) -> Limits:
    words = file.bounds.words
    value = fill["value"]
    bounded = rf"{value}|'?{either(words.decades)}|{either(words.parts)}[- ]"
    return Limits(
        between=tuple(_pattern(p, fill) for p in file.bounds.between),
        at=_table({name: rf"\b(?:{p}) ?{words.fillers}(?={bounded})" for name, p in file.bounds.at.items()}, fill),
        after=_table({name: rf"^ ?(?:{p})" for name, p in file.bounds.after.items()}, fill),
        value=_pattern(rf"(?<![\w.]){value}(?![\w'])", fill),
        tail=re.compile(words.tail),
        decade=_pattern(rf"(?<![\w$€£]){words.decade}", fill),
        past=_pattern(words.past, fill),
        words=words,
    )


def _fillings(file: LanguageFile, nouns: Iterable[str], noun: str) -> dict[str, str]:
    """What stands for {nouns}, {value} and the like in the patterns of the file."""
    units = [unit for family in file.units.values() for unit in family]
    signs, named = either(u for u in units if not u.isalpha()), either(u for u in units if u.isalpha())
    number = rf"(?:\d+(?:[.,]\d+)?|{either(file.numbers)}(?:[ -]{either(file.numbers)})*)"
    words = file.bounds.words
    half = f"(?: {words.half})?"
    amount = rf"(?:{signs} ?)?{number}{half}(?:[ -]?(?:{named}|{signs})(?![a-z]))?{half}"
    rest = rf"(?: ?(?:{words.plus} )?\d+ ?(?:{named})?(?![a-z]))?"
    bare = rf"(?:{words.one}(?:{words.halves})?|{words.halves}){named}\b{half}"
    return {
        "nouns": either(nouns),
        "name": f"{MASK}+",
        "noun": re.escape(noun),
        "numbers": either(w for w, n in file.numbers.items() if n >= 1),
        "number": number,
        "adjectives": file.counts.adjectives,
        "value": rf"(?:{bare}|{amount}{rest})",
        "units": named,
        "decades": either(words.decades),
    }


def either(words: Iterable[str]) -> str:
    """A pattern for any of these words, longest first; one that never matches for none."""
    ordered = sorted(map(re.escape, words), key=len, reverse=True)
    return "(?:" + "|".join(ordered) + ")" if ordered else "(?!)"


def _table(patterns: Mapping[str, str], fill: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: _pattern(pattern, fill) for name, pattern in patterns.items()}


def _pattern(pattern: str, fill: Mapping[str, str]) -> re.Pattern[str]:
    for name, words in fill.items():
        pattern = pattern.replace("{" + name + "}", words)
    return re.compile(pattern)


def plain(text: str) -> str:
    """Lower-case text of the same length, with straight apostrophes, so that places in it are places in the text."""
    lowered = (c.lower() if len(c.lower()) == 1 else c for c in text)
    return "".join("'" if c in "’‘`´" else c for c in lowered)
