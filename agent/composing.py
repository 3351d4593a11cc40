"""A checked reply put together: every card is named, in order; what comes too early waits, what is missing is written
by code. Pure.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agent.claims import Claims, Verdict
from agent.sentences import Sentences
from agent.types import Note

_LISTED = re.compile(r"\s*(?:\d+[.)]|[-*•])\s")
_SAID = 90
_CIRCLE = 12
"""Characters of a sentence that is not said twice."""
_FULL = "。！？」』）；"
"""Signs that end a sentence without a space behind them."""


@dataclass(slots=True)
class _Block:
    """A sentence with those that follow on its line and name nothing."""

    cards: tuple[int, ...]
    text: str


@dataclass(slots=True)
class Composer:
    """Takes pieces of a reply and gives back what may be shown of it.

    `line` writes the entry of a card, by its place in the list.
    """

    claims: Claims
    line: Callable[[int], str]
    text: str = ""
    """What was shown so far, what stood there before included."""
    notes: list[Note] = field(default_factory=list)
    _next: int = 0
    _waiting: list[_Block] = field(default_factory=list)
    _behind_waiting: bool = False
    _skipping: bool = False
    _line_open: bool = False
    _sentences: Sentences = field(default_factory=Sentences)

    @classmethod
    def begin(cls, claims: Claims, line: Callable[[int], str], begun: str, named: int) -> "Composer":
        """Go on behind what was shown, which names so many cards."""
        titles = [k.item.title for k in claims.evidence.items if k.item]
        return cls(claims, line, text=begun, _next=named, _sentences=Sentences(titles))

    @property
    def completed(self) -> bool:
        """Whether code wrote a part of it."""
        return any(note.kind == "completed" for note in self.notes)

    def add(self, piece: str) -> str:
        """What may be shown once this piece is there."""
        return "".join(self._take(sentence) for sentence in self._sentences.add(piece))

    def end(self) -> str:
        """What is left to show at the end of the reply: its last sentence, what waited, what is missing."""
        shown = "".join(self._take(sentence) for sentence in self._sentences.rest())
        while self._next < len(self.claims.evidence.cards):
            shown += self._released() or self._completed(self._next + 1)
        return shown + self._released()

    def append(self, text: str, why: str) -> str:
        """A paragraph by code at the end."""
        self.notes.append(Note("completed", why))
        return self._paragraph() + self._show(text)

    def _take(self, sentence: str) -> str:
        same_line = self._line_open
        self._line_open = not sentence.endswith("\n")
        verdict = self.claims.judge(sentence, same_line=same_line)
        self.notes += [Note("repaired", f"{_told(sentence)}: {r}") for r in verdict.repairs]
        if verdict.fault:
            self.notes.append(Note("dropped", f"{_told(sentence)}: {verdict.fault}"))
            self._skipping = self._skipping or verdict.entry
            return self._fallen(verdict)
        new = [c for c in verdict.cards if c >= self._next]
        if not same_line or new:
            self._skipping = self._behind_waiting = False
        if not new and self._repeats(verdict.text):
            self.notes.append(Note("dropped", f"{_told(verdict.text)}: said already"))
            return self._gap(verdict.text)
        return self._placed(verdict, new)

    def _repeats(self, text: str) -> bool:
        """Whether a sentence stands in the reply so far, word for word: small models go round in circles."""
        said = text.strip(" \n*")
        return len(said) >= _CIRCLE and said in self.text

    def _placed(self, verdict: Verdict, new: Sequence[int]) -> str:
        """A sentence that holds, where it belongs: now, later, or not at all."""
        if self._skipping:
            return ""
        if not new:
            if verdict.entry and verdict.cards:
                self.notes.append(Note("dropped", f"{_told(verdict.text)}: named already"))
                self._skipping = True
                return ""
            if self._behind_waiting:
                self._waiting[-1].text += verdict.text
                return ""
            return self._show(verdict.text)
        if verdict.entry and new[0] >= self._next and list(new) == sorted(new):
            return self._completed(new[0]) + self._shown(tuple(new), verdict.text)
        if self._fits(new):
            return self._shown(tuple(new), verdict.text) + self._released()
        self._waiting.append(_Block(tuple(new), verdict.text))
        self._behind_waiting = True
        return ""

    def _fallen(self, verdict: Verdict) -> str:
        """In place of an entry that fell code writes one at once, so that the list stays a list."""
        new = [c for c in verdict.cards if c >= self._next]
        return self._completed(new[0] + 1) if verdict.entry and new else self._gap(verdict.text)

    def _gap(self, text: str) -> str:
        """The end of a line that fell still ends the line."""
        breaks = text[len(text.rstrip()) :]
        return self._show(breaks, bare=True) if "\n" in breaks and self.text and not self.text.endswith("\n") else ""

    def _fits(self, new: Sequence[int]) -> bool:
        return list(new) == list(range(self._next, self._next + len(new)))

    def _released(self) -> str:
        """What waited and may be shown by now."""
        shown = ""
        while block := next((b for b in self._waiting if self._fits(self._left(b)) or not self._left(b)), None):
            self._waiting.remove(block)
            shown += self._paragraph() + self._shown(self._left(block), block.text)
        return shown

    def _left(self, block: _Block) -> tuple[int, ...]:
        return tuple(c for c in block.cards if c >= self._next)

    def _completed(self, upto: int) -> str:
        """Entries by code for the cards before this place that are not named yet."""
        shown = ""
        while self._next < upto:
            shown += (self._released() if self._waiting else "") if shown else ""
            if self._next >= upto:
                break
            listing = _LISTED.match(self.text.rstrip().rsplit("\n", 1)[-1])
            shown += self._show(("\n" if not self.text.endswith("\n") else "") if listing else "", bare=True)
            shown += "" if listing else self._paragraph()
            self.notes.append(Note("completed", f"card {self._next + 1} was not named"))
            shown += self._shown((self._next,), self.line(self._next).rstrip("\n") + "\n")
        return shown

    def _paragraph(self) -> str:
        if not self.text or self.text.endswith("\n\n"):
            return ""
        return self._show("\n" if self.text.endswith("\n") else "\n\n", bare=True)

    def _shown(self, cards: tuple[int, ...], text: str) -> str:
        self._next = max(self._next, *(c + 1 for c in cards)) if cards else self._next
        return self._show(text)

    def _show(self, text: str, *, bare: bool = False) -> str:
        if not bare and not self.text:
            text = text.lstrip("\n")
        apart = self.text and not self.text[-1].isspace() and self.text[-1] not in _FULL
        if not bare and apart and text[:1].isascii() and not text[:1].isspace():
            text = f" {text}" if not _LISTED.match(text) else f"\n{text}"
        self.text += text
        return text


def _told(sentence: str) -> str:
    return repr(" ".join(sentence.split())[:_SAID])
