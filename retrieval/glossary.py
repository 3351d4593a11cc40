"""Wishes in other languages as words that an English embedder knows, from `glossary.<code>.tsv` beside this file."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path

from retrieval.catalog import Catalog
from retrieval.errors import CatalogError
from retrieval.folding import fold, is_unspaced
from retrieval.language import load_language
from retrieval.segments import Segmenter
from retrieval.types import Query

_HERE = Path(__file__).parent
_SAMPLE = 200
_OWN = 0.2
"""A catalogue with such a share of titles in a script without spaces is searched in the words that are said."""


class Glossary:
    """Looks words up, the longest first, in text with spaces and without. Immutable."""

    def __init__(self, words: Mapping[str, str], known: Mapping[str, int]) -> None:
        """Take words with their translations, the commonest first, and those that need none."""
        self._words = words
        self._known = known
        ranks = {word: rank for rank, word in enumerate(words)}
        self._segmenter = Segmenter(ranks, ())

    def translated(self, text: str) -> str:
        """Return the text with every word that is known here translated; words of no known script are left out."""
        if text.isascii():
            return text
        found: list[str] = []
        for piece in _pieces(fold(text)):
            if is_unspaced(piece):
                found += (self._words.get(word, "") for word in self._segmenter.cut(piece))
            else:
                found.append(piece if piece in self._known else self._words.get(piece, piece))
        return " ".join(filter(None, found))


@cache
def glossary() -> Glossary:
    """Read all glossaries; CatalogError for a line that is not a word, a tab and its translation."""
    words: dict[str, str] = {}
    for path in sorted(_HERE.glob("glossary.*.tsv")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            word, tab, meaning = line.partition("\t")
            if not tab and not line.startswith("#"):
                raise CatalogError(f"{path.name!r}, line {number}: {line!r} has no tab; write a word, a tab, a meaning")
            if tab:
                words.setdefault(word, meaning)
    return Glossary(words, load_language().ranks)


def reader_of(catalog: Catalog) -> Callable[[Query], Query]:
    """How the free words of a query are put to search a catalogue.

    They stay as they are where the manifest says so (`translate = false`, for an embedder of many languages), and in a
    catalogue that is itself written without spaces.
    """
    titles = [item.title for item in islice(catalog.items, _SAMPLE)]
    if not catalog.spec.translate or sum(map(is_unspaced, titles)) > _OWN * len(titles):
        return lambda query: query
    return _translated


def _translated(query: Query) -> Query:
    if query.text.isascii() and query.avoid.isascii():
        return query
    return replace(query, text=glossary().translated(query.text), avoid=glossary().translated(query.avoid))


def _pieces(text: str) -> list[str]:
    """Runs with and without spaces, apart."""
    pieces: list[str] = []
    for word in text.split():
        run = ""
        for character in word:
            if run and is_unspaced(character) != is_unspaced(run[-1]):
                pieces.append(run)
                run = ""
            run += character
        pieces.append(run)
    return pieces
