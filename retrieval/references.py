"""Words that point at things of a list: 'the second one', '#2', 'the first two', 'both', 'that one'."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from retrieval.language import Language, Pointing


@dataclass(frozen=True, slots=True)
class Reference:
    """A pointer at characters start to end (exclusive). `places` count from 1, from the end below zero."""

    start: int
    end: int
    text: str
    kind: Pointing
    places: tuple[int, ...] = ()


class Pointers:
    """Finds the pointers of a language. Immutable."""

    def __init__(self, language: Language, nouns: Iterable[str]) -> None:
        """Take the words that an item of this catalogue is called by."""
        self._language = language
        fill = {
            "ordinals": _either(language.ordinals),
            "numbers": _either(word for word, n in language.numbers.items() if n > 1 and len(word) > 2),
            "nouns": _either(nouns),
        }
        self._patterns = [(p.kind, re.compile(_filled(p.pattern, fill), re.I)) for p in language.references]

    def find(self, text: str) -> tuple[Reference, ...]:
        """Return the pointers in a text, in order, none overlapping."""
        found: list[Reference] = []
        for kind, pattern in self._patterns:
            for match in pattern.finditer(text):
                if not any(r.start < match.end() and match.start() < r.end for r in found):
                    found.append(self._reference(kind, match))
        return tuple(sorted(found, key=lambda r: r.start))

    def _reference(self, kind: Pointing, match: re.Match[str]) -> Reference:
        groups = {name: value.casefold() for name, value in match.groupdict().items() if value}
        start, end = match.span("span") if groups.pop("span", "") else match.span()
        return Reference(start, end, match.string[start:end], kind, self._places(groups))

    def _places(self, groups: Mapping[str, str]) -> tuple[int, ...]:
        match groups:
            case {"number": word}:
                return (self._number(word),)
            case {"ordinal": word}:
                return (self._language.ordinals[word],)
            case {"head": word}:
                return tuple(range(1, self._number(word) + 1))
            case {"tail": word}:
                return tuple(range(-self._number(word), 0))
        return ()

    def _number(self, word: str) -> int:
        return int(word) if word.isdigit() else self._language.numbers[word]


def resolved(reference: Reference, listed: Sequence[str]) -> tuple[str, ...]:
    """Return what a pointer means on a list; empty if the list has no such place or the pointer is not to a list."""
    n = len(listed)
    if reference.kind == "both":
        return tuple(listed[:2]) if n >= 2 else ()
    if reference.kind == "all":
        return tuple(listed)
    places = [p if p > 0 else n + 1 + p for p in reference.places]
    return tuple(listed[p - 1] for p in places if 1 <= p <= n) if all(1 <= p <= n for p in places) else ()


def _filled(pattern: str, fill: Mapping[str, str]) -> str:
    for name, words in fill.items():
        pattern = pattern.replace("{" + name + "}", words)
    return pattern


def _either(words: Iterable[str]) -> str:
    return "(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + ")"
