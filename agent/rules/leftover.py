"""What a message says beyond names and numbers: objects that no name covers, and the free wish to search for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from agent.resolve import TITLED
from agent.rules.lexicon import Lexicon, either
from agent.rules.marks import Mark
from agent.rules.reading import Reading, Rules, Thing, places, stance_of
from retrieval.folding import is_unspaced
from retrieval.manifest import CatalogSpec

_WORD = re.compile(r"[^\W_]+(?:['&.-][^\W_]+)*")

_NAME = re.compile(r"[A-Z][\w'’-]+(?: (?:(?:of|the|in) )*[A-Z][\w'’-]+)*")

_FREE = frozenset({"like", "dislike", "avoid", "similar"})
"""Stances on free words; something seen has a name."""
_OPINIONS = frozenset({"like", "dislike", "seen", "reject"})


def loose_things(reading: Reading, rules: Rules) -> tuple[Thing, ...]:
    """Objects of a stance that name nothing in the catalogue: 'I loved Zorg', 'without gore', 'like the sea'."""
    found = []
    for mark, start, end in _objects(reading, rules.lexicon):
        words = _trimmed(reading, start, end, rules)
        if words and (mark.stance in _FREE or (mark.stance == "seen" and is_name(words))):
            found.append(Thing(start, end, mark.stance, words=words))
    return (*found, *_unknown_names(reading, found, rules))


def _unknown_names(reading: Reading, loose: Sequence[Thing], rules: Rules) -> Iterable[Thing]:
    """Names that nothing here has, beside names that are known: 'I loved The Matrix and Zorg'."""
    taken = [*reading.taken, *places(reading.things), *places(loose), *places(reading.marks)]
    for match in _NAME.finditer(reading.text):
        known = all(rules.linker.knows(word) for word in re.findall(r"[^\W\d_]{3,}", match.group()))
        if known or any(a < match.end() and match.start() < b for a, b in taken):
            continue
        thing = Thing(*match.span(), "", words=match.group())
        stance = stance_of(thing, reading.things, reading.marks, reading.masked, rules.lexicon)
        if stance in ("like", "dislike", "seen"):
            yield replace(thing, stance=stance)


def is_name(words: str) -> bool:
    """Whether words are written like a name: with a capital, or in title marks."""
    return words != words.casefold() or TITLED.search(words) is not None


def free_wish(reading: Reading, loose: Sequence[Thing], rules: Rules) -> str:
    """The words of the message that are a wish of their own, in their order, without the small ones around them."""
    closed = [*reading.taken, *places(reading.marks), *places(loose)]
    closed += places(reading.things)
    closed += _told(reading, rules.lexicon) + _judged(reading, rules.lexicon)
    called = either(w for w in _facet_words(rules.catalog.spec) if is_unspaced(w))
    closed += [m.span() for m in re.finditer(called, reading.plain)]
    for name in ("together", "person", "subject", "no_matter"):
        closed += [m.span() for m in rules.lexicon.parts[name].finditer(reading.plain)]
    closed += [m.span("kin") for m in rules.lexicon.parts["kin"].finditer(reading.masked)]
    ignored = rules.lexicon.drop | rules.lexicon.nouns | frozenset(_facet_words(rules.catalog.spec))
    kept: list[tuple[int, int]] = []
    glue = 0
    for start, end in _words(reading.plain, 0, len(reading.plain), rules):
        word = reading.plain[start:end]
        if any(a < end and start < b for a, b in closed):
            continue
        if word in rules.lexicon.writing.glue and kept and kept[-1][1] == start:
            glue = end
        elif word not in ignored and (rules.lexicon.writing.edge or not word.isdigit()):
            before = kept[-1] if kept else (0, 0)
            touching = is_unspaced(word) and start in (before[1], glue) and is_unspaced(reading.plain[slice(*before)])
            kept[-1:] = [(before[0], end)] if touching and kept else [*kept[-1:], (start, end)]
    return " ".join(_said(start, end, reading) for start, end in kept)


def _said(start: int, end: int, reading: Reading) -> str:
    """Words as a wish holds them: lower case, and where a script has no case as they were written."""
    return reading.text[start:end] if is_unspaced(reading.plain[start:end]) else reading.plain[start:end]


def _words(text: str, start: int, end: int, rules: Rules) -> Iterable[tuple[int, int]]:
    """Where the words of a stretch stand."""
    for match in _WORD.finditer(text, start, end):
        if is_unspaced(match.group()):
            yield from ((match.start() + a, match.start() + b) for a, b in rules.linker.words(match.group()))
        else:
            yield match.span()


def is_gibberish(words: str, rules: Rules) -> bool:
    """Whether no word is of the language or of the catalogue."""
    split = [w for w in re.split(r"[\s'&.-]+", words) if w]
    return bool(split) and not any(rules.linker.knows(w) for w in split)


def _objects(reading: Reading, lexicon: Lexicon) -> Iterable[tuple[Mark, int, int]]:
    """Marks that have no name after them, with the stretch where their object stands."""
    for i, mark in enumerate(reading.marks):
        stop = reading.marks[i + 1].start if i + 1 < len(reading.marks) else len(reading.plain)
        end = _clause_end(reading, mark.end, stop, lexicon)
        inside = [*places(reading.things), *places(reading.bounds), *places(reading.comparisons)]
        if not any(mark.start <= a < end and mark.end <= b for a, b in inside):
            yield mark, mark.end, end


def _told(reading: Reading, lexicon: Lexicon) -> list[tuple[int, int]]:
    """Clauses that give an opinion on items: what else they say is no wish."""
    told = []
    for i, mark in enumerate(reading.marks):
        if mark.stance not in _OPINIONS:
            continue
        stop = next(
            (m.start for m in reading.marks[i + 1 :] if m.stance not in (*_OPINIONS, "none")), len(reading.plain)
        )
        end = _clause_end(reading, mark.end, stop, lexicon, pattern=lexicon.parts["sentence"])
        if any(t.items and mark.start <= t.start < end for t in reading.things):
            told.append((mark.start, end))
    told += [_around(reading, t, lexicon) for t in reading.things if t.items and t.stance in _OPINIONS]
    return told


def _judged(reading: Reading, lexicon: Lexicon) -> list[tuple[int, int]]:
    """The words behind a thing that say what is thought of it."""
    behind = (p.match(reading.masked, t.end) for t in reading.things for p in lexicon.verdicts.values())
    return [match.span() for match in behind if match is not None]


def _around(reading: Reading, thing: Thing, lexicon: Lexicon) -> tuple[int, int]:
    return thing.start, _clause_end(reading, thing.end, len(reading.plain), lexicon)


def _clause_end(
    reading: Reading, start: int, stop: int, lexicon: Lexicon, pattern: re.Pattern[str] | None = None
) -> int:
    found = (pattern or lexicon.parts["clause"]).search(reading.masked, start, stop)
    return found.start() if found else stop


def _trimmed(reading: Reading, start: int, end: int, rules: Rules) -> str:
    """The stretch without the words at its edges that carry nothing; '' if nothing else is in it."""
    if titled := TITLED.search(reading.text, start, end):
        return titled.group()
    words = [w for w in _words(reading.plain, start, end, rules) if not _inside(w, reading.taken)]
    ignored = rules.lexicon.drop | rules.lexicon.nouns | rules.lexicon.numbers.keys()
    named = [w for w in words if reading.text[w[0]].isupper() and reading.plain[slice(*w)] != "i"]
    if named:
        words = words[words.index(named[0]) :]
    while words and reading.plain[slice(*words[0])] in ignored and not named:
        words.pop(0)
    while words and reading.plain[slice(*words[-1])] in ignored:
        words.pop()
    if not words:
        return ""
    phrase = reading.text[words[0][0] : words[-1][1]]
    return phrase + ")" if phrase.count("(") > phrase.count(")") else phrase


def _inside(word: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    return any(a < word[1] and word[0] < b for a, b in spans)


def _facet_words(spec: CatalogSpec) -> Iterable[str]:
    for name, facet in spec.facets.items():
        yield from (text.casefold() for text in (name, facet.label, facet.plural))
        for word in " ".join(facet.phrases).casefold().split():
            yield from (word, word.removesuffix("ed"))
