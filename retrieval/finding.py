"""Names in free text: titles, facet values and people, leftmost longest first, as spelt or as they may be meant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from retrieval.catalog import Catalog
from retrieval.credibility import (
    COMMON,
    Names,
    Stretch,
    holds,
    is_evident,
    is_series,
    is_title,
    is_value,
    outweighs,
    rank,
)
from retrieval.folding import fold, is_unspaced
from retrieval.linking import dominant
from retrieval.passage import SMALL, Passage, read_passage
from retrieval.titles import How
from retrieval.values import Found, Meaning

_LONGEST = 12
_PIECE = 6
_TELLING = 2500
_BRACKETED_YEAR = re.compile(r"[\"'”’]?,? ?\((?:1[89]|20)\d\d\)")


@dataclass(frozen=True, slots=True)
class Span:
    """A name at characters start to end (exclusive) of a text, and what it means.

    item: `items` are ids, best first; the first is meant, or with `sure` false it is not clear which. Its `meanings`
    are facet values of the same name: a series called like its first item. value: one of `meanings` is meant, or with
    `together` all of them. `announced` is the facet whose phrase stands before ('directed by'), `exact` whether it is
    spelt as in the catalogue or its aliases.
    """

    start: int
    end: int
    text: str
    kind: Literal["item", "value"]
    items: tuple[str, ...] = ()
    meanings: tuple[Meaning, ...] = ()
    announced: str = ""
    sure: bool = True
    together: bool = False
    exact: bool = True


@dataclass(frozen=True, slots=True)
class _Titled:
    items: tuple[str, ...]
    sure: bool
    how: How


def find(text: str, names: Names) -> tuple[Span, ...]:
    """Return the names in a text, in order, none overlapping."""
    passage = read_passage(text, names.catalog, names.language, names.segmenter)
    known = {word: _corrected(word, names) for word in dict.fromkeys(passage.words)}
    corrected = tuple(known[word] for word in passage.words)
    spans: list[Span] = []
    at, ended = 0, 0
    while at < len(passage.tokens):
        chained = bool(spans) and spans[-1].kind == "item" and passage.chained(ended, at)
        span, width = _unspaced(passage, at, names, chained=chained)
        if span is None:
            span, width = _longest(passage, corrected, at, names, chained=chained)
        if span is None:
            at += 1
            continue
        at = ended = at + width
        if span.kind == "item" and (year := _BRACKETED_YEAR.match(text, span.end)) is not None:
            span = replace(span, end=year.end(), text=text[span.start : year.end()])
            at = ended = at + 1
        spans.append(span)
        if len(spans) > 1 and _refines(spans[-2], spans[-1], names.catalog):
            spans[-2:] = [_joined(text, spans[-2], spans[-1])]
    return tuple(spans)


def _refines(group: Span, item: Span, catalog: Catalog) -> bool:
    """'Lord of the Rings fellowship': a series and right after it one of its items, which is called by it."""
    member = catalog.get(item.items[0]) if item.kind == "item" else None
    if group.kind != "value" or member is None or item.start - group.end > 1:
        return False
    names = (group.text, *(str(m.value) for m in group.meanings))
    return holds(member.item_id, group.meanings, catalog) and any(fold(n) in fold(member.title) for n in names)


def _joined(text: str, group: Span, item: Span) -> Span:
    return replace(item, start=group.start, text=text[group.start : item.end], announced=group.announced)


def _corrected(word: str, names: Names) -> str:
    options = names.speller.corrections(word)
    return max(options, key=names.titles.df) if options else word


def _unspaced(passage: Passage, at: int, names: Names, *, chained: bool) -> tuple[Span | None, int]:
    """The longest credible name that starts at a word and has characters of a script without spaces."""
    for width in names.reach.get(names.language.digits(passage.words[at]), ()):
        words = passage.words[at : at + width]
        if len(words) == width and is_unspaced("".join(words)):
            span = _named(Stretch(passage, words, at, at + width, chained), names)
            if span is not None:
                return span, width
    return None, 0


def _longest(
    passage: Passage, corrected: Sequence[str], at: int, names: Names, *, chained: bool
) -> tuple[Span | None, int]:
    """The longest credible name that starts at a word, as spelt or as corrected, and its width in words."""
    if is_unspaced(passage.words[at]):
        return None, 0
    piece, reach = _piece(passage, corrected, at, names)
    for width in range(min(_LONGEST, len(passage.tokens) - at), max(reach - 1, 0), -1):
        end = at + width
        written = passage.words[at:end]
        stemmed = (*written[:-1], passage.tokens[end - 1].stem)
        for words in dict.fromkeys((written, stemmed, tuple(corrected[at:end]))):
            exact = words in (written, stemmed)
            span = _named(Stretch(passage, words, at, end, chained), names)
            if span is None or not (exact or _is_forgivable(words, span, names)):
                continue
            if width == 1 and not reach and (respelt := _respelt(passage, at, names)) is not None:
                return respelt, 2
            return replace(span, exact=exact), width
    respelt = None if reach else _respelt(passage, at, names)
    return (respelt, 2) if respelt is not None else (piece, reach)


def _respelt(passage: Passage, at: int, names: Names) -> Span | None:
    """A person whose name is nearly written like another word: 'with jim carey', 'a Nicholas Cage film'."""
    if at + 1 >= len(passage.words) or not passage.adjacent(at + 1):
        return None
    facet = passage.announced(at)
    if not facet and not (passage.tokens[at].capital and passage.tokens[at + 1].capital):
        return None
    first, last = passage.words[at : at + 2]
    pairs = [(first, near) for near in names.speller.nearest(last)]
    pairs += [(near, last) for near in names.speller.nearest(first)]
    for words in pairs:
        found = names.values.lookup(words, facet)
        if found is not None and found.people:
            base = _span(passage, at, at + 2)
            return replace(base, kind="value", meanings=found.meanings, exact=False)
    return None


def _is_forgivable(words: tuple[str, ...], span: Span, names: Names) -> bool:
    """A corrected single word has to be long or to mean something known: a rare word is not taken for a name."""
    if len(words) > 1:
        return True
    if span.kind == "value":
        return len(words[0]) >= 5
    return len(words[0]) >= 8 or names.known(names.catalog.position(span.items[0]))


def _named(stretch: Stretch, names: Names) -> Span | None:
    """What a stretch means, if it is meant as a name: an item, a facet value, or a series called like an item."""
    if len(stretch.words) > 1 and stretch.words[-1] in names.language.articles:
        return None
    base = _span(stretch.passage, stretch.at, stretch.end)
    evident = is_evident(stretch, names)
    value = names.values.lookup(stretch.words)
    if value is not None and not is_value(value, stretch, names, evident=evident):
        value = None
    title = _title(stretch, names, evident=evident)
    if is_series(stretch.words, value, names):
        return _series(base, title, value, stretch)
    if title is not None and (
        value is None or outweighs(title.items[0], title.how, value, stretch, names, evident=evident)
    ):
        return replace(base, items=title.items, sure=title.sure)
    return None if value is None else _valued(base, value)


def _series(base: Span, title: _Titled | None, value: Found | None, stretch: Stretch) -> Span | None:
    """A series and its first part have one name: the part is meant, unless a word for several of them follows."""
    if value is None:
        return None
    if stretch.passage.before_nouns(stretch.end) or (title is not None and title.how == "part"):
        return _valued(base, value)
    if title is None:
        return _valued(base, value) if base.announced else None
    return replace(base, items=title.items, sure=title.sure, meanings=value.meanings)


def _valued(base: Span, value: Found) -> Span:
    """A value span; of several meanings the announced one comes first."""
    meanings = value.meanings
    if not value.together:
        meanings = tuple(sorted(meanings, key=lambda m: m.facet != base.announced))
    return replace(base, kind="value", meanings=meanings, together=value.together)


def _span(passage: Passage, at: int, end: int) -> Span:
    start, stop = passage.tokens[at].start, passage.tokens[end - 1].end
    announced = passage.announced(at) or passage.ascribed(end)
    return Span(start, stop, passage.text(at, end), "item", announced=announced)


def _title(stretch: Stretch, names: Names, *, evident: bool) -> _Titled | None:
    """Items of a title or nickname, if the words around make it credible."""
    nick = names.nicknames.get(names.language.key(stretch.words), ())
    looked = names.titles.lookup(stretch.words, bare=False)
    if not nick and looked is None:
        return None
    how, rows = looked or ("whole", ())
    if not (evident or is_title(stretch, how, rows, names)):
        return None
    if nick and how == "part":
        rows = ()
    year = stretch.passage.year_after(stretch.end)
    chosen = _of_year(rows, year, names) or rows
    ids = tuple(dict.fromkeys([*(names.ids[row] for row in chosen), *nick]))
    # 'Heat (2031)' names no item here: which one is meant stays open.
    other = (
        year is not None and bool(rows) and not _of_year(rows, year, names) and stretch.passage.bracketed(stretch.end)
    )
    return _Titled(ids, not other and (len(chosen) <= 1 or dominant(chosen, names.titles)), how)


def _of_year(rows: Sequence[int], year: int | None, names: Names) -> tuple[int, ...]:
    """Rows of that year, else of the year before or after."""
    if year is None:
        return ()
    moments = {row: names.titles.titles[row].moment for row in rows}
    same = tuple(row for row in rows if moments[row] == year)
    return same or tuple(row for row in rows if (moment := moments[row]) is not None and abs(moment - year) == 1)


def _piece(passage: Passage, corrected: Sequence[str], at: int, names: Names) -> tuple[Span | None, int]:
    """Part of a title that stands for it: 'eternal sunshine', 'shawshank'; and its width in words."""
    best: tuple[Span | None, int] = (None, 0)
    small = names.language.rank(corrected[at]) < SMALL
    if small or passage.is_subject(at) or not names.titles.df(corrected[at]):
        return best
    for width in range(1, min(_PIECE, len(corrected) - at) + 1):
        words = tuple(corrected[at : at + width])
        if width == 1 and not names.titles.rare(words[0]):
            continue
        rows = names.titles.containing(words)
        if not rows:
            break
        if _tells(words, rows, names):
            sure = len(rows) == 1 or dominant(rows, names.titles)
            base = _span(passage, at, at + width)
            exact = words == passage.words[at : at + width]
            best = (replace(base, items=tuple(names.ids[r] for r in rows[:5]), sure=sure, exact=exact), width)
    return best


def _tells(words: tuple[str, ...], rows: Sequence[int], names: Names) -> bool:
    """Whether a piece of a title stands for the whole: a rare word of a known title, or several in a row."""
    content = [w for w in words if w not in names.language.articles and names.language.rank(w) >= SMALL]
    if not names.known(rows[0]) or not content or words[0] not in content or words[-1] not in content:
        return False
    if len(content) == 1:
        return names.titles.rare(content[0]) and rank(words, names.language) >= COMMON
    return len(rows) <= 3 and rank(words, names.language) >= _TELLING
