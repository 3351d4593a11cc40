"""What one item of a stranger's catalogue is called: the file is named after them, or the column of their names is."""

import re

from retrieval.manifest import CatalogSpec
from retrieval.wellknown import key_words

_PLURAL = re.compile(r"[a-z]{2,}[^s\W\d_]s")
_SAYS_NOTHING = frozenset(
    ("items", "products", "catalogs", "rows", "records", "files", "tables", "sheets", "exports", "lists", "results")
)
_NAMES = frozenset(("name", "title", "titel", "titre", "label", "headline"))
_PLAIN = CatalogSpec()


def with_noun(spec: CatalogSpec, source: str) -> CatalogSpec:
    """A specification whose items have a noun, unless a person gave one: 'books.csv' has books, 'Fund Name' funds."""
    if (spec.noun, spec.nouns) != (_PLAIN.noun, _PLAIN.nouns):
        return spec
    named = source.casefold().replace("_", "-").rpartition("-")[2]
    if _PLURAL.fullmatch(named) and named not in _SAYS_NOTHING:
        noun, nouns = _singular(named), named
    else:
        noun, nouns = _of_title(spec.columns.title or "")
        if not noun or nouns in _SAYS_NOTHING:
            return spec
    title = spec.title or nouns.capitalize()
    return spec.model_copy(
        update={"noun": noun, "nouns": nouns, "title": title, "words": (*spec.words, "item", "items")}
    )


def _of_title(column: str) -> tuple[str, str]:
    """'Fund Name' is the name of a fund."""
    words = [word.casefold() for word in key_words(column)]
    named = len(words) == 2 and words[1] in _NAMES and words[0].isascii() and len(words[0]) > 2
    return (words[0], _several(words[0])) if named else ("", "")


def _singular(plural: str) -> str:
    if plural.endswith("ies"):
        return plural.removesuffix("ies") + "y"
    return plural.removesuffix("es") if plural.endswith(("ches", "shes", "xes", "sses")) else plural.removesuffix("s")


def _several(noun: str) -> str:
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun.removesuffix("y") + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")
