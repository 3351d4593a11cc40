"""Text of a catalogue, a person or a model, fit to show: on one line, cut at words, never taken as markup. Pure."""

import re
from collections.abc import Iterator

_MARKUP = re.compile(
    r"""
    [\\`*_\[\]<~|]                      # emphasis, code, links, tags, tables, anywhere
    | ^[#+\-=>]                         # headings, lists, quotations, at the start only
    | &(?=\#?\w+;)                      # entities
    | \$(?=\$)                          # formulas
    | :(?=//) | @ | (?<=[wW]{3})\.      # bare links and addresses
    """,
    re.VERBOSE,
)
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_SHORT, _LEAD = 3, 30
"""Letters of a word too common to look for, and characters shown before one that is."""
_CUT = " ,;:–—-"


def one_line(text: str, most: int = 120) -> str:
    """Text on one line, without control characters and tails of white space, at most so many characters."""
    return excerpt("".join(c if c.isprintable() else " " for c in text), most)


def excerpt(text: str, most: int) -> str:
    """At most so many characters of a text, whole words, '…' where it is cut; white space is folded."""
    folded = " ".join(text.split())
    if len(folded) <= most:
        return folded
    cut = folded[:most]
    whole = cut.rsplit(" ", 1)[0] if " " in cut else cut[:-1]
    return whole.rstrip(_CUT) + "…"


def excerpt_around(text: str, most: int, words: str) -> str:
    """An excerpt that begins early, or shortly before the first of `words` where that comes late."""
    folded = " ".join(text.split())
    starts = [m.start() for w in words.casefold().split() if len(w) > _SHORT for m in _at(w, folded)]
    if len(folded) <= most or not starts or min(starts) < most - _LEAD:
        return excerpt(folded, most)
    start = folded.rfind(" ", 0, max(min(starts) - _LEAD, 1)) + 1
    return "…" + excerpt(folded[start:], most)


def _at(word: str, text: str) -> Iterator[re.Match[str]]:
    """Where a word begins in a text, in any inflection that keeps most of it."""
    return re.finditer(rf"\b{re.escape(word[: max(_SHORT + 1, len(word) - 2)])}", text.casefold())


def escape(text: str, most: int = 120) -> str:
    """Text on one line for Markdown, where it reads as it is: no emphasis, links, tags, lists or tables come of it."""
    return _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", one_line(text, most)))


def plain(markdown: str) -> str:
    """Take the escapes out again."""
    return _ESCAPED.sub(r"\1", markdown)
