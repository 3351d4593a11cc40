"""A stream of text cut into sentences, as soon as each is whole. Pure.

A sentence keeps the mark of its list entry in front and the white space behind it. Titles in bold, brackets or
quotation marks, and known titles, are never cut: '**Airplane!** is funny.' is one sentence.
"""

import re
from collections.abc import Sequence

_END = re.compile(r"(?:[.!?…]+[\"”’')*_]*(?=\s)|[。！？]+[」』”’）]*)\s*|\n\s*")
_KEPT = re.compile(
    r"""
    \*\*[^*\n]*(?:\*\*|$)            # bold; an open one may still be closed
    | 《[^》\n]*(?:》|$) | 「[^」\n]*(?:」|$) | “[^”\n]{0,80}(?:”|$) | \([^)\n]{0,80}(?:\)|$) | （[^）\n]{0,80}(?:）|$)
    | (?m:^)[ \t]*\d{1,3}[.)]\s      # the mark of a list entry
    | \b(?:[A-Z][a-z]{0,2}|[a-z]|vs|etc|No|(?:[A-Za-z]\.)+[A-Za-z])\.(?=\s+\S)   # Mr., St., J. R., e.g.
    """,
    re.VERBOSE,
)
_LONGEST = 1200
"""Characters after which text without an end is cut all the same."""


class Sentences:
    """Takes pieces of a text and gives whole sentences back."""

    def __init__(self, titles: Sequence[str] = ()) -> None:
        self._titles = tuple(t for t in titles if _END.search(f"{t} "))
        self._open = ""

    def add(self, piece: str) -> list[str]:
        """Sentences that are whole now: something stands behind them."""
        self._open += piece
        done: list[str] = []
        while (end := self._end()) is not None:
            done.append(self._open[:end])
            self._open = self._open[end:]
        return done

    def rest(self) -> list[str]:
        """What is left at the end of the text."""
        left, self._open = self._open, ""
        return [left] if left.strip() else []

    def _end(self) -> int | None:
        text = self._open
        kept = [m.span() for m in _KEPT.finditer(text)]
        for match in _END.finditer(text):
            if match.end() == len(text):
                break
            at = match.start()
            line = "\n" in match[0]
            inside = not line and (any(a <= at < b for a, b in kept) or self._in_title(text, at + 1))
            if text[:at].strip() and not inside and (line or not text[match.end()].islower()):
                return match.end()
        return len(text) if len(text) > _LONGEST else None

    def _in_title(self, text: str, at: int) -> bool:
        """Whether a title goes on behind this place, as far as it can be seen."""
        return any(
            text[:at].endswith(title[:n]) and (title[n:].startswith(text[at:]) or text[at:].startswith(title[n:]))
            for title in self._titles
            for n in range(1, len(title))
            if title[n - 1] == text[at - 1]
        )
