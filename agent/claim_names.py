"""Titles, people and facet values of a sentence: which are meant, and whether the evidence has them. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from agent.claim_evidence import Evidence, Known
from agent.claim_surroundings import clause_before, holds_value, is_quoted, with_before
from agent.claim_usage import WordUsage
from agent.claim_words import any_of, claim_words
from agent.quoting import plain
from retrieval.catalog import Catalog, as_labels
from retrieval.entities import Linker
from retrieval.finding import Span
from retrieval.folding import Token, forms, is_unspaced, tokens
from retrieval.values import Meaning

_MARKED = re.compile(
    r"\*\*(?P<bold>(?:\\.|[^*\n])+)\*\*|《(?P<book>[^》\n]+)》|(?<![*\w])[*_](?P<soft>[^*_\n]+)[*_](?![*\w])"
    r"|“(?P<quoted>[^”\n]+)”|\"(?P<straight>[^\"\n]+)\"|「(?P<corner>[^」\n]+)」"
)
_ENTRY = re.compile(r"\s*(?:\d+[.)]|[-•*])\s+")
_YEAR = re.compile(r"\s*[（(](?P<year>\d{4})[)）]")
_DOTTED = re.compile(r"[\u3400-\u9fff]{1,5}[·•・][\u3400-\u9fff·•・]{1,12}")
"""A foreign name as scripts without capitals write it."""
_JOINS = frozenset({"of", "the", "and", "de", "la", "le", "van", "von", "der", "di", "da", "del", "in", "a", "for"})
_OPENING = re.compile(r"(?:^|[:;—–•“\"'(\[（：；，,]|\*\*|[-.!?。！？…] )\W*$")
_COMMON, _EVERYDAY, _SMALL = 6000, 900, 300
"""Ranks: a common word opens a sentence with a capital; an everyday one is no name within it either, a small one is a
title only where it cannot be anything else."""
_INITIALS = 2
"""Letters of what a full stop may stand behind within a name: 'J. R.', 'Dr. Brown'."""
_MEANT = 0.5
"""A word states a value where at least this share of the descriptions that use it are of items that hold it."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A title at characters start to end, its marks included, and what it names: nothing when it names no item that may
    be named. `year` is the year told behind it, up to `stop`."""

    start: int
    end: int
    text: str
    known: Known | None
    bold: bool = False
    year: str = ""
    stop: int = 0


class Names:
    """Finds the names in the sentences of one reply."""

    def __init__(self, evidence: Evidence, catalog: Catalog, linker: Linker, usage: WordUsage) -> None:
        self._evidence, self._catalog, self._linker = evidence, catalog, linker
        self._usage = usage
        self._titles = {k.item.item_id: forms(k.item.title) for k in evidence.items if k.item}

    def mentions(self, text: str) -> list[Mention]:
        """The titles of a sentence, in order: those in marks, and those that stand bare."""
        marked = [m for match in _MARKED.finditer(text) if (m := self._marked(match, text)) is not None]
        bare = self._bare(text, [(m.start, m.stop) for m in marked])
        return sorted([*marked, *bare], key=lambda m: m.start)

    def unsupported(self, text: str, blank: Sequence[tuple[int, int]], focus: Sequence[Known], named: bool) -> str:
        """The first name or value of a sentence that the evidence does not have, '' if there is none.

        `named`: the sentence itself names the items of `focus`.
        """
        found = self._linker.find(text)
        spans = [s for s in found if not _inside(s.start, blank)]
        for span in spans:
            if span.kind == "value" and self._claims(span, text) and not self._supported(span, text, focus, named):
                return span.text
        for run in _runs(text, blank):
            name = self._unknown(run, text, spans, focus)
            if name:
                return name
        for match in _DOTTED.finditer(text):
            dot = next(n for n in range(*match.span()) if text[n] in "·•・")
            linked = any(s.start <= dot < s.end for s in spans) or _inside(dot, blank)
            if not linked and not any(k.says(forms(match[0])) for k in [*focus, self._evidence.turn]):
                return match[0]
        return next((s.text for s in spans if is_unspaced(s.text) and self._offered_not(s, focus)), "")

    def _marked(self, match: re.Match[str], text: str) -> Mention | None:
        inner = plain(next(g for g in match.groups() if g is not None)).strip()
        bracketed = re.search(r"\s*[（(](\d{4})[)）]$", inner)
        title = inner[: bracketed.start()] if bracketed else inner
        behind = _YEAR.match(text, match.end())
        year = bracketed[1] if bracketed else behind["year"] if behind else ""
        known = self._meant(title.strip(" ,.;:"), year)
        bold, strong = match["bold"] is not None, match["bold"] is not None or match["book"] is not None
        if known and known.item and not strong and len(forms(title)) > len(forms(known.item.title)):
            return None  # a sentence is quoted, and a title may stand in it
        if known is None and not self._is_title(title, strong):
            return None
        return Mention(*match.span(), title, known, bold, year, behind.end() if behind else match.end())

    def _meant(self, title: str, year: str) -> Known | None:
        """The item that may be named so: by its title, with or without an article, or by another name for it."""
        words = forms(title)
        bare = self._linker.language.without_article
        same = [k for k in self._evidence.items if k.item and bare(self._titles[k.item.item_id]) == bare(words)]
        if not same:
            link = self._linker.link(title)
            ids = [c.item_id for c in link.candidates[:1]] if link.status == "sure" else []
            same = [k for k in self._evidence.items if k.item and k.item.item_id in ids]
        dated = [k for k in same if year and any(f"{f.value:.0f}" == year for f in k.facts if f.facet)]
        return next(iter([*dated, *same]), None)

    def _is_title(self, text: str, strong: bool) -> bool:
        """Whether marked words that name nothing offered claim to be a title, and are not just emphasis."""
        words = forms(text)
        if not words or self._evidence.turn.says(words) or any(k.says(words) for k in self._evidence.items):
            return False
        capital = any(c.isupper() for c in text[:1]) or is_unspaced(text)
        return strong and (capital or self._linker.link(text).status == "sure")

    def _bare(self, text: str, taken: list[tuple[int, int]]) -> Iterator[Mention]:
        items = sorted((k for k in self._evidence.items if k.item), key=lambda k: -len(k.item.title if k.item else ""))
        for known in items:
            assert known.item is not None
            title = known.item.title
            for match in re.finditer(rf"(?<![A-Za-z0-9]){re.escape(title)}(?![A-Za-z0-9])", text):
                if _inside(match.start(), taken) or not self._telling(title, match, text):
                    continue
                behind = _YEAR.match(text, match.end())
                year, stop = (behind["year"], behind.end()) if behind else ("", match.end())
                taken.append((match.start(), stop))
                yield Mention(*match.span(), title, self._meant(title, year) or known, year=year, stop=stop)

    def _telling(self, title: str, match: re.Match[str], text: str) -> bool:
        """A small word ('It', 'Up'), and a title that is a value of a facet as well ('Halloween'), is a title only
        where it cannot be anything else: where an entry begins, before a year, and a word within a sentence."""
        words = forms(title)
        if _ENTRY.fullmatch(text[: match.start()]) or _YEAR.match(text, match.end()):
            return True
        if any(holds_value(known, title) for known in self._evidence.items):
            return False
        if len(words) != 1 or self._linker.language.rank(words[0]) >= _SMALL:
            return True
        return not _OPENING.search(text[: match.start()]) and title[:1].isupper()

    def _claims(self, span: Span, text: str) -> bool:
        """Whether words state a facet value: spelt like it, with a capital, or in a script without spaces."""
        if span.announced or is_unspaced(span.text):
            return True
        words = forms(span.text)
        last = {words[-1], *self._linker.language.singulars(words[-1])}
        ways = {*((*words[:-1], w) for w in last), *((w,) for w in words[:-1]), *((w,) for w in last)}
        lower = span.text[:1].islower()
        told = any(forms(str(m.value)) in ways and not (lower and self._is_people(m)) for m in span.meanings)
        opens = _OPENING.search(text[: span.start]) is not None
        return told and (self._is_telling(span) if lower or opens else True)

    def _is_telling(self, span: Span) -> bool:
        """Whether a word in lower case states a value: as descriptions use it, or else if it is not an everyday one."""
        shares = [s for m in span.meanings if (s := self._usage.says(m.facet, str(m.value))) is not None]
        words = forms(span.text)
        rare = len(words) > 1 or self._linker.language.rank(words[0]) >= _EVERYDAY
        return max(shares) >= _MEANT if shares else rare

    def _supported(self, span: Span, text: str, focus: Sequence[Known], named: bool) -> bool:
        denied = _pattern("not").search(clause_before(text, span.start)) is not None
        meanings = [m for m in span.meanings if m.facet == span.announced] or list(span.meanings)
        every = all if span.together else any
        held = every(any(self._holds(m, k) for k in focus) for m in meanings)
        quoted = is_quoted(text, span.start)
        if denied and not quoted:
            return not (held and named)
        if held:
            return True
        words = forms(span.text)
        if (quoted or not span.announced) and any(k.says(words) for k in focus):
            return True
        if span.announced and any(k.says(with_before(text, span)) for k in focus):
            return True
        spoken = not named or quoted or _pattern("you").search(text[: span.end]) is not None
        return spoken and self._turn_says(words, span.meanings)

    def _is_people(self, meaning: Meaning) -> bool:
        return self._catalog.facet(meaning.facet).people

    def _holds(self, meaning: Meaning, known: Known) -> bool:
        held = known.item.facets.get(meaning.facet) if known.item else None
        if isinstance(held, bool):
            return held == meaning.value
        return isinstance(held, str | tuple) and str(meaning.value) in as_labels(held)

    def _turn_says(self, words: Sequence[str], meanings: Sequence[Meaning]) -> bool:
        turn = self._evidence.turn
        return turn.says(words) or any(turn.says(forms(str(m.value))) for m in meanings)

    def _unknown(self, run: list[Token], text: str, spans: Sequence[Span], focus: Sequence[Known]) -> str:
        """What of a run of capitalised words is a name that the evidence does not have."""
        opens = _OPENING.search(text[: run[0].start]) is not None
        if opens and self._opens_only(run[0], spans):
            run = run[1:]
        while run and run[-1].form in _JOINS:
            run = run[:-1]
        sources = [*focus, self._evidence.turn]
        if not run or any(_says(k, run) for k in sources):
            return ""
        for part in _parts(run):
            names = [t for t in part if t.form not in _JOINS]
            if all(self._is_plain(t, spans) for t in names) or any(_says(k, part) for k in sources):
                continue
            alone = all(any(_says(k, [t]) for k in sources) for t in names)
            if not alone or (len(names) > 1 and not any(self._joined(t.stem, focus) for t in names)):
                return text[part[0].start : part[-1].end]
        return ""

    def _joined(self, word: str, focus: Sequence[Known]) -> bool:
        """Whether a word is no part of a person's name: it may stand beside any other."""
        people = [name for name, spec in self._catalog.spec.facets.items() if spec.people]
        held = (known.item.facets.get(name) for known in focus if known.item for name in people)
        return not any(word in forms(person) for value in held if value is not None for person in as_labels(value))

    def _opens_only(self, token: Token, spans: Sequence[Span]) -> bool:
        """Whether a capital is there because a sentence begins: a common word, or one that nothing here is called."""
        common = self._linker.language.rank(token.form) < _COMMON
        return common or not any(s.start <= token.start < s.end for s in spans)

    def _is_plain(self, token: Token, spans: Sequence[Span]) -> bool:
        """A capitalised word that is no name."""
        if token.form in claim_words().words.plain:
            return True
        linked = any(s.start <= token.start < s.end and s.kind == "value" for s in spans)
        return not linked and self._linker.language.rank(token.form) < _EVERYDAY

    def _offered_not(self, span: Span, focus: Sequence[Known]) -> bool:
        """An item that is named without marks, in a script without capitals, and is not among those offered."""
        offered = {k.item.item_id for k in self._evidence.items if k.item}
        words = forms(span.text)
        told = any(k.says(words) for k in [*focus, self._evidence.turn])
        return span.kind == "item" and span.sure and len(span.text) > 2 and not offered & set(span.items) and not told


def _says(known: Known, run: Sequence[Token]) -> bool:
    return known.says([t.stem for t in run]) or known.says([t.form for t in run])


def _parts(run: Sequence[Token]) -> Iterator[list[Token]]:
    """A run between its 'and's."""
    part: list[Token] = []
    for token in run:
        if token.form == "and" and part:
            yield part
            part = []
        elif token.form != "and":
            part.append(token)
    if part:
        yield part


def _runs(text: str, blank: Sequence[tuple[int, int]]) -> Iterator[list[Token]]:
    """Stretches of capitalised words, with the small words between them."""
    run: list[Token] = []
    for token in tokens(text):
        taken = _inside(token.start, blank)
        between = text[run[-1].end : token.start] if run else ""
        ends = "." in between and len(run[-1].form) > _INITIALS
        near = run and not between.strip(" -.’'&") and not ends
        if run and (taken or not near or not (token.capital or token.form in _JOINS)):
            yield run
            run = []
        name = token.capital and not token.form.isdigit()
        if not taken and (name or (run and token.form in _JOINS)):
            run.append(token)
    if run:
        yield run


def _inside(place: int, taken: Sequence[tuple[int, int]]) -> bool:
    return any(a <= place < b for a, b in taken)


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    words = claim_words().words
    return re.compile(any_of(words.negation if kind == "not" else words.you), re.IGNORECASE)
