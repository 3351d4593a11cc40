"""The words of a language and of a catalogue, compiled into the patterns that the rules look for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.languages import DEFAULT
from agent.rules.language_file import BoundWords, Comparatives, LanguageFile, Writing, read_file
from retrieval.folding import variants
from retrieval.manifest import CatalogSpec

MASK = "\u00a4"
"""Stands for every character of a name in a text where names are blanked out."""


_WIDE = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: 0x20}
_SIGNS = str.maketrans("’‘`´。、《》〈〉「」『』“”", '\'\'\'\'.,""""""""""')


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
    negated: re.Pattern[str]
    half: re.Pattern[str]
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
    writing: Writing
    counts: tuple[re.Pattern[str], ...]
    few: int
    limits: Limits
    units: Mapping[str, Mapping[str, float]]
    comparison: Comparatives
    too: re.Pattern[str]
    too_bad: re.Pattern[str]
    than: re.Pattern[str]
    than_before: re.Pattern[str]
    plain_follows: re.Pattern[str]
    critical: re.Pattern[str]
    stop: re.Pattern[str]
    drop: frozenset[str]
    origins: frozenset[str]
    members: str
    makers: str
    nouns: frozenset[str]
    roles: Mapping[str, re.Pattern[str]]
    """Per facet how people ask for what a thing named has of it: 'by the director of'."""


def load_lexicon(spec: CatalogSpec, code: str = "en") -> Lexicon:
    """Read `<code>.toml` and fill in a catalogue's words; AgentError if there is no such language."""
    file = _completed(read_file(code))
    nouns = frozenset(w.casefold() for w in (spec.noun, spec.nouns, *spec.words))
    fill = {**_fillings(file, nouns, spec.noun.casefold()), **_compared(spec)}
    edge = file.writing.edge
    pad = rf"(?:\W*{edge}{file.padding}{edge})*\W*"
    return Lexicon(
        whole=_table({name: rf"^{pad}(?:{p}){pad}$" for name, p in file.whole.items()}, fill),
        parts=_table(file.parts, fill),
        stances=_table(file.stances, fill),
        verdicts=_table({name: rf"[\s\"]*(?:\([^)]*\)\s*)?(?:{p})" for name, p in file.verdicts.items()}, fill),
        reactions=_table(file.reactions, fill),
        questions=_table(file.questions, fill),
        negation=re.compile(file.negation),
        numbers=file.numbers,
        writing=file.writing,
        counts=tuple(_pattern(p, fill) for p in file.counts.patterns),
        few=file.counts.few,
        limits=_limits(file, fill),
        units=file.units,
        comparison=file.comparison,
        too=re.compile(file.comparison.too),
        too_bad=re.compile(file.comparison.too_bad),
        than=re.compile(file.comparison.than),
        than_before=re.compile(rf"(?:{file.comparison.than_before})[\s\"]*$"),
        plain_follows=_pattern(file.comparison.plain_follows, fill),
        critical=re.compile(file.comparison.critical),
        stop=re.compile(file.writing.stop),
        drop=frozenset(file.leftover.drop.split()),
        origins=file.leftover.origins,
        members=file.leftover.members,
        makers=file.leftover.makers,
        nouns=nouns,
        roles=_roles(spec, file.parts["of_thing"]),
    )


def _completed(file: LanguageFile) -> LanguageFile:
    """The file with a pattern that never matches for every rule that only the default language has."""
    default = read_file(DEFAULT)
    sections = ("whole", "parts", "stances", "verdicts", "reactions", "questions")
    update: dict[str, dict[str, str]] = {}
    for section in sections:
        own: dict[str, str] = getattr(file, section)
        update[section] = own | {name: "(?!)" for name in getattr(default, section) if name not in own}
    return file.model_copy(update=update)


def _limits(file: LanguageFile, fill: Mapping[str, str]) -> Limits:
    words, writing = file.bounds.words, file.writing
    value = fill["value"]
    bounded = rf"{value}|'?{either(words.decades)}|{either(words.parts)}[- ]"
    return Limits(
        between=tuple(_pattern(p, fill) for p in file.bounds.between),
        at=_table(
            {name: rf"{writing.edge}(?:{p}) ?{words.fillers}(?={bounded})" for name, p in file.bounds.at.items()}, fill
        ),
        after=_table({name: rf"^ ?(?:{p})" for name, p in file.bounds.after.items()}, fill),
        value=_pattern(rf"{writing.before_value}{value}{writing.after_value}", fill),
        tail=re.compile(words.tail),
        decade=_pattern(words.decade, fill),
        past=_pattern(words.past, fill),
        negated=re.compile(rf"(?:{file.bounds.negated})$"),
        half=re.compile(words.half),
        words=words,
    )


def _fillings(file: LanguageFile, nouns: Iterable[str], noun: str) -> dict[str, str]:
    """What stands for {nouns}, {value} and the like in the patterns of the file."""
    units = [unit for family in file.units.values() for unit in family]
    signs, named = either(u for u in units if not u.isalpha()), either(u for u in units if u.isalpha())
    words, writing = file.bounds.words, file.writing
    number = rf"(?:\d+(?:[.,]\d+)?|{either(file.numbers)}(?:{writing.joint}{either(file.numbers)})*)"
    half = f"(?:{writing.gap}{words.half})?"
    amount = rf"(?:{signs} ?)?{number}{half}(?:[ -]?(?:{named}|{signs})(?![a-z]))?{half}"
    rest = writing.rest.replace("{number}", number).replace("{named}", named)
    bare = rf"(?:{words.one}(?:{words.halves})?|{words.halves}){named}{writing.edge}{half}"
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


def _compared(spec: CatalogSpec) -> dict[str, str]:
    """The manifest's words for a larger and for a smaller value of any facet."""
    return {
        "more": either({w.casefold() for f in spec.facets.values() for w in f.more}),
        "less": either({w.casefold() for f in spec.facets.values() for w in f.less}),
    }


def _roles(spec: CatalogSpec, pattern: str) -> dict[str, re.Pattern[str]]:
    asked = {name: {name.casefold(), facet.label.casefold()} for name, facet in spec.facets.items()}
    return {name: re.compile(pattern.replace("{role}", either(words))) for name, words in asked.items()}


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
    """Lower-case text of the same length, so that places in it are places in the text.

    Apostrophes and quotes are straight, wide signs and digits narrow, characters with two forms in the simpler one.
    """
    lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return lowered.translate(_WIDE).translate(_SIGNS).translate(variants())
