"""One mention to one item: exact, partial or misspelt, with or without a year; sure, ambiguous or unknown."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from retrieval.folding import forms
from retrieval.language import Language
from retrieval.spelling import Speller
from retrieval.titles import How, Title, TitleIndex

Status = Literal["sure", "ambiguous", "unknown"]

_YEAR = r"(1[89]\d\d|20\d\d)"
_WITH_YEAR = re.compile(rf"^(.*?)[\s,]*(?:\(\s*{_YEAR}\s*\)|\b{_YEAR})(?:\s+(?:one|version))?\s*$")
_EXACT: Mapping[How, float] = {"whole": 1.0, "article": 0.98, "part": 0.92, "piece": 0.86}
_SURE = 0.86
_LIKELY = 0.72
_FAR = 0.06
"""A best match is sure when the next one is at least this far behind, or far less known."""
_TIMES = 4.0
_SHOWN = 5
_TELLING = 8
"""Letters from which on a misspelt name is taken for an item that few know."""
_OTHER_NUMBER = 0.12
"""What a number costs that only one of mention and title has: a sequel is another thing."""


@dataclass(frozen=True, slots=True)
class Match:
    """An item that a mention may mean; score in [0, 1], higher is better."""

    item_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Link:
    """What a mention means: `sure` the first candidate, `ambiguous` one of them, `unknown` perhaps none of them."""

    mention: str
    status: Status
    candidates: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows with scores, best first."""

    status: Status
    rows: tuple[tuple[int, float], ...]


def split_year(mention: str) -> tuple[str, int | None]:
    """Take a year off the end of a mention: 'Heat (1995)' is ('Heat', 1995)."""
    match = _WITH_YEAR.match(mention.strip())
    if match is None or not match[1].strip(" ,("):
        return mention, None
    return match[1].strip(), int(match[2] or match[3])


def rank(mention: str, index: TitleIndex, speller: Speller, language: Language) -> Ranked:
    """Score the titles that a mention may mean. A year that is stated decides, and is never overruled."""
    words = forms(mention)
    exact = index.lookup(words) if words else None
    name, year = split_year(mention)
    if exact is None or (year is not None and exact[0] not in ("whole", "article")):
        words = forms(name)
        exact = index.lookup(words) if words else None
    else:
        year = None
    if exact is not None:
        of_year = _of_year(exact[1], year, index)
        if of_year:
            return _decided([(row, _EXACT[exact[0]]) for row in of_year], index)
    scored = _similar(words, index, speller, language)
    if year is not None:
        return _with_year(scored, exact, year, index)
    return _decided(scored, index)


def dominant(rows: Sequence[int], index: TitleIndex) -> bool:
    """Whether the first of several items of one name is the one nearly everybody means."""
    first, second = index.titles[rows[0]].weight, index.titles[rows[1]].weight
    return first >= 10 and first >= _TIMES * max(second, 1.0)


def _with_year(
    scored: Sequence[tuple[int, float]], exact: tuple[How, tuple[int, ...]] | None, year: int, index: TitleIndex
) -> Ranked:
    fitting = [(row, score) for row, score in scored if row in _of_year([row], year, index)]
    decided = _decided(fitting, index)
    if decided.status == "sure":
        return decided
    others = [(row, 0.7) for row in exact[1]] if exact else [(row, min(score, 0.7)) for row, score in scored]
    rows = dict(others[:_SHOWN])
    rows.update(decided.rows)
    return Ranked("unknown" if decided.status == "unknown" else "ambiguous", _best_first(rows.items(), index))


def _of_year(rows: Iterable[int], year: int | None, index: TitleIndex) -> list[int]:
    """Rows of exactly that year; failing those, of the year before or after, which catalogues differ in."""
    rows = list(rows)
    if year is None:
        return rows
    same = [row for row in rows if index.titles[row].moment == year]
    return same or [r for r in rows if (moment := index.titles[r].moment) is not None and abs(moment - year) == 1]


def _decided(scored: Sequence[tuple[int, float]], index: TitleIndex) -> Ranked:
    rows = _best_first(scored, index)
    if not rows or rows[0][1] < _LIKELY:
        return Ranked("unknown", rows)
    rivals = [row for row, score in rows if score > rows[0][1] - _FAR]
    alone = len(rivals) == 1 or dominant(rivals, index)
    return Ranked("sure" if rows[0][1] >= _SURE and alone else "ambiguous", rows)


def _best_first(scored: Iterable[tuple[int, float]], index: TitleIndex) -> tuple[tuple[int, float], ...]:
    ordered = sorted(scored, key=lambda pair: (-round(pair[1], 2), -index.titles[pair[0]].weight, pair[0]))
    return tuple(ordered[:_SHOWN])


def _similar(
    words: tuple[str, ...], index: TitleIndex, speller: Speller, language: Language
) -> list[tuple[int, float]]:
    options = {word: speller.corrections(word) or _doubtful(word, index, speller) for word in words}
    meant = tuple(max(options[w], key=index.df) if options[w] else w for w in words)
    every = {*words, *(o for found in options.values() for o in found)}
    scored = {row: _likeness(words, meant, index.titles[row], index, language) for row in index.sharing(every)}
    exact = index.lookup(meant) if meant != words else None
    for row in exact[1] if exact else ():
        trusted = sum(map(len, words)) >= _TELLING or index.titles[row].weight >= index.well_known
        scored[row] = max(scored.get(row, 0.0), 0.97 * _EXACT[exact[0]] if exact and trusted else _LIKELY)
    return [pair for pair in scored.items() if pair[1] >= 0.5]


def _doubtful(word: str, index: TitleIndex, speller: Speller) -> tuple[str, ...]:
    """A common word that no title has may itself be a slip."""
    return speller.nearest(word) if index.df(word) == 0 else ()


def _likeness(
    words: tuple[str, ...], meant: tuple[str, ...], title: Title, index: TitleIndex, language: Language
) -> float:
    said, whole = " ".join(language.without_article(words)), " ".join(language.without_article(title.words))
    ratio = fuzz.ratio(said, whole) / 100
    corrected = fuzz.ratio(" ".join(language.without_article(meant)), whole) / 100
    likeness = max(ratio, 0.97 * corrected, _EXACT["piece"] * _coverage(words, meant, title, index))
    if _numbers(words, language) != _numbers(title.words, language):
        likeness -= _OTHER_NUMBER
    trusted = len(said) >= _TELLING or title.weight >= index.well_known
    return min(likeness, 0.6) if len(said) <= 4 else likeness if trusted else min(likeness, _SURE - 0.01)


def _numbers(words: tuple[str, ...], language: Language) -> frozenset[str]:
    return frozenset(digits for w in words if (digits := language.digits(w)).isdigit())


def _coverage(words: tuple[str, ...], meant: tuple[str, ...], title: Title, index: TitleIndex) -> float:
    """Share of the mention that the title accounts for, words weighing by rarity; 1 with all of it in one piece."""
    if not any(index.rare(w) for w in meant) and len(meant) < 3:
        return 0.0
    held = set(title.words)
    weights = {w: math.pow(1 + index.df(w), -0.3) for w in meant}
    covered = sum(weights[w] for w in meant if w in held) / sum(weights.values())
    return covered * (1.0 if words == meant else 0.98)
