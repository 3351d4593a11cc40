"""A text in words, and what stands around a stretch of it: quotes, capitals, a year, words that announce a name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.catalog import Catalog
from retrieval.folding import Token, forms, is_unspaced, tokens
from retrieval.language import Language
from retrieval.segments import Segmenter

SMALL = 60
"""Words of a smaller rank are the glue of a language."""
_QUOTES = frozenset("\"“”„«»‘’*_「『《〈」』》〉'")
_QUOTE_ENDS = " \t\"'“‘(*_-–—"
_REACH = 6
"""Characters around a name that may announce it where there are no spaces."""
_STOPS = ".!?\n:…。！？"


@dataclass(frozen=True, slots=True)
class Passage:
    """A text in folded words. `telling`: not nearly all of them have a capital, so that one means something."""

    raw: str
    tokens: tuple[Token, ...]
    words: tuple[str, ...]
    telling: bool
    phrases: tuple[tuple[tuple[str, ...], str], ...]
    """Words that announce a value, with the facet."""
    endings: tuple[tuple[tuple[str, ...], str], ...]
    """Words behind a value that say of which facet it is."""
    nouns: frozenset[str]
    """Words for items of the catalogue."""
    several: frozenset[str]
    """Words for several of them."""
    language: Language
    within: tuple[tuple[int, int], ...]
    """For every token the word it belongs to, from token to token (exclusive): more than one without spaces."""

    def text(self, at: int, end: int) -> str:
        """Return the words at to end (exclusive) as written."""
        return self.raw[self.tokens[at].start : self.tokens[end - 1].end]

    def adjacent(self, at: int) -> bool:
        """Whether only space stands between a word and the one before it."""
        return not self.raw[self.tokens[at - 1].end : self.tokens[at].start].strip()

    def year_after(self, end: int) -> int | None:
        """Return the year that follows a name, bare or in brackets."""
        if end >= len(self.tokens):
            return None
        word, gap = self.words[end], self.raw[self.tokens[end - 1].end : self.tokens[end].start]
        return int(word) if len(word) == 4 and word.isdigit() and gap.strip(" \"'”’") in ("", "(", ",") else None

    def bracketed(self, end: int) -> bool:
        """Whether a bracket opens behind a name."""
        return self.raw[self.tokens[end - 1].end :].lstrip(" \"'”’")[:1] == "("

    def announced(self, at: int) -> str:
        """Return the facet whose phrase stands right before a word, the longest phrase first; '' if none."""
        best, facet = 0, ""
        for phrase, name in self.phrases:
            n = len(phrase)
            if n > best and at >= n and self.words[at - n : at] == phrase:
                best, facet = n, name
        return facet

    def ascribed(self, end: int) -> str:
        """Return the facet whose phrase stands right behind a stretch, the longest phrase first; '' if none."""
        best, facet = 0, ""
        for phrase, name in self.endings:
            if len(phrase) > best and self.words[end : end + len(phrase)] == phrase:
                best, facet = len(phrase), name
        return facet

    def is_subject(self, at: int) -> bool:
        """Whether 'set in' or 'film about' stands before a word: what follows is a place or a subject."""
        return " ".join(self.words[max(at - 2, 0) : at]) in self.language.places

    def is_indefinite(self, at: int) -> bool:
        """Whether 'a', 'some' or the like stands before a word."""
        return at > 0 and self.words[at - 1] in self.language.indefinites

    def before_nouns(self, end: int) -> bool:
        """Whether a word for several items follows: 'the alien films'."""
        return end < len(self.words) and self.words[end] in self.several

    def quoted(self, at: int, end: int) -> bool:
        """Whether a stretch stands between quotation marks."""
        first, last = self.tokens[at].start, self.tokens[end - 1].end
        before, after = self.raw[first - 1 : first], self.raw[last : last + 1]
        return bool(before and after) and before in _QUOTES and after in _QUOTES

    def capitals(self, at: int, end: int) -> bool:
        """Whether a stretch has capitals inside a sentence, on all but the smallest words, and is no part of a name."""
        single = end - at == 1
        inner = [t for t in self.tokens[at:end] if self.language.rank(t.form) >= SMALL or single]
        if not self.telling or not inner or not all(t.capital for t in inner) or self.words[at] == "i":
            return False
        if single and (self._in_longer_name(at) or self.is_subject(at)):
            return False
        return not self._starts_sentence(at) or (not single and all(t.capital for t in self.tokens[at + 1 : end]))

    def whole(self, at: int, end: int) -> bool:
        """Whether a stretch starts where a word starts and ends where one ends."""
        return self.within[at][0] == at and self.within[end - 1][1] == end

    def uncrossed(self, at: int, end: int) -> bool:
        """Whether no word reaches over one edge of a stretch only."""
        words = (self.within[at], self.within[end - 1])
        return all((at <= start and stop <= end) or (start <= at and end <= stop) for start, stop in words)

    def foreign(self, at: int, end: int) -> bool:
        """Whether a stretch with spaces stands between words of a script without them."""
        around = [self.words[i] for i in (at - 1, end) if 0 <= i < len(self.words)]
        inside = any(is_unspaced(word) for word in self.words[at:end])
        return bool(around) and not inside and all(is_unspaced(word) for word in around)

    def cued(self, at: int, end: int) -> bool:
        """After a word such as 'loved', and complete: nothing follows that would make it part of something longer."""
        if at > 0 and is_unspaced(self.words[at - 1]):
            return self._announced_without_spaces(at, end)
        if end < len(self.tokens) and self.adjacent(end):
            closer = self.words[end]
            if closer not in self.language.closers and not closer.isdigit():
                return False
        before = at - 1
        while before > 0 and self.words[before] in self.language.fillers:
            before -= 1
        pair = " ".join(self.words[max(before - 1, 0) : before + 1])
        return before >= 0 and (self.words[before] in self.language.cues or pair in self.language.cues)

    def chained(self, ended: int, at: int) -> bool:
        """Whether only commas and words such as 'and' stand between a name and a word, and at least one of them."""
        between = self.words[ended:at]
        gap = self.raw[self.tokens[ended - 1].end : self.tokens[at].start]
        joins = all(w in self.language.chains for w in between) or "".join(between) in self.language.chains
        return joins and (bool(between) or any(sign in gap for sign in ",/，、"))

    def _announced_without_spaces(self, at: int, end: int) -> bool:
        """The same where words have no spaces: the text before ends with such a word, perhaps with fillers after it."""
        before = self._run(max(at - _REACH, 0), at)
        while (filler := next((f for f in self.language.fillers if before.endswith(f)), "")) and is_unspaced(filler):
            if any(before.endswith(cue) for cue in self.language.cues if is_unspaced(cue)):
                break
            before = before.removesuffix(filler)
        follows = end < len(self.words) and self.adjacent(end)
        after = self._run(end, min(end + _REACH, len(self.words))) if follows else ""
        closed = not after or any(after.startswith(closer) for closer in self.language.closers)
        return closed and any(before.endswith(cue) for cue in self.language.cues if is_unspaced(cue))

    def _run(self, at: int, end: int) -> str:
        return "".join(self.words[at:end])

    def _in_longer_name(self, at: int) -> bool:
        """Whether a capital stands next to another one: 'Ben' in 'Ben Hall' is no title."""
        after = at + 1 < len(self.tokens) and self.adjacent(at + 1) and self._is_name(at + 1)
        before = at > 0 and self.adjacent(at) and self._is_name(at - 1) and not self._starts_sentence(at - 1)
        return after or before

    def _is_name(self, at: int) -> bool:
        return self.tokens[at].capital and self.words[at] != "i"

    def _starts_sentence(self, at: int) -> bool:
        before = self.raw[: self.tokens[at].start].rstrip(_QUOTE_ENDS)
        return not before or before[-1] in _STOPS


def read_passage(text: str, catalog: Catalog, language: Language, segmenter: Segmenter) -> Passage:
    """Read the first 400 words of a text."""
    found, spec = tokens(text), catalog.spec
    told = catalog.translations.values()
    phrases = [(phrase, facet) for facet, own in spec.facets.items() for phrase in own.phrases]
    phrases += [(phrase, facet) for t in told for facet, own in t.before.items() for phrase in own]
    endings = [(phrase, facet) for t in told for facet, own in t.after.items() for phrase in own]
    nouns = frozenset(re.sub(r"\W", "", w).casefold() for w in (spec.noun, spec.nouns, *spec.words))
    return Passage(
        raw=text,
        tokens=found,
        words=tuple(t.form for t in found),
        telling=sum(not t.capital for t in found) * 4 >= len(found),
        phrases=tuple((forms(phrase), facet) for phrase, facet in phrases),
        endings=tuple((forms(phrase), facet) for phrase, facet in endings),
        nouns=nouns,
        several=(nouns | language.series) - {spec.noun.casefold()},
        language=language,
        within=_words_of(found, segmenter),
    )


def words_of(text: str, segmenter: Segmenter, limit: int) -> tuple[tuple[int, int], ...]:
    """Return where the words of a text start and end, the first `limit` tokens of it."""
    found = tokens(text, limit)
    edges = dict.fromkeys(_words_of(found, segmenter))
    return tuple((found[at].start, found[end - 1].end) for at, end in edges)


def _words_of(found: Sequence[Token], segmenter: Segmenter) -> tuple[tuple[int, int], ...]:
    """Which word every token belongs to: runs without spaces are cut, other tokens are words."""
    within: list[tuple[int, int]] = []
    at = 0
    while at < len(found):
        end = at + 1
        if is_unspaced(found[at].form):
            while end < len(found) and found[end].start == found[end - 1].end and is_unspaced(found[end].form):
                end += 1
            for word in segmenter.cut("".join(token.form[0] for token in found[at:end])):
                within += [(at, at + len(word))] * len(word)
                at += len(word)
        else:
            within.append((at, end))
        at = end
    return tuple(within)
