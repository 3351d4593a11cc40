"""Where a reply is cut: after so many tokens, or before a stop sequence. Pure but for what has been fed."""

import re
from collections.abc import Sequence
from typing import Literal

_CHARACTER = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKENS = re.compile(rf"[{_CHARACTER}]|[^\W{_CHARACTER}]+|[^\w\s]")


def tokens(text: str) -> int:
    """Words, Chinese and Japanese characters, and punctuation marks: the API's tokens where no model counts them."""
    return sum(1 for _ in _TOKENS.finditer(text))


class Cut:
    """Passes a reply on in pieces, up to where it ends: at a limit of tokens, or before one of the stop sequences."""

    def __init__(self, limit: int | None = None, stops: Sequence[str] = ()) -> None:
        self._limit, self._stops = limit, tuple(stop for stop in stops if stop)
        self._text, self._passed = "", 0
        self.text = ""
        """What has been passed on."""
        self.reason: Literal["stop", "length"] = "stop"
        self._over = False

    def feed(self, piece: str) -> str:
        """What of the reply may be passed on now; the start of a stop sequence waits until it is one or not."""
        if self._over:
            return ""
        self._text += piece
        end = self._end()
        return self._pass(len(self._text) - self._held() if end is None else end)

    def rest(self) -> str:
        """What was still waiting when the reply ended."""
        return "" if self._over else self._pass(len(self._text))

    def _pass(self, until: int) -> str:
        piece = self._text[self._passed : until]
        self._passed = max(self._passed, until)
        self.text += piece
        return piece

    def _end(self) -> int | None:
        stops = [place for stop in self._stops if (place := self._text.find(stop)) >= 0]
        stopped, full = min(stops, default=None), self._full()
        if stopped is None and full is None:
            return None
        self._over = True
        if full is not None and (stopped is None or full < stopped):
            self.reason = "length"
            return full
        return stopped

    def _full(self) -> int | None:
        """Where the last token that fits ends, once there is one that does not."""
        if self._limit is None:
            return None
        ends = [found.end() for found in _TOKENS.finditer(self._text)]
        return ends[self._limit - 1] if len(ends) > self._limit else None

    def _held(self) -> int:
        """How much of the end may be the start of a stop sequence."""
        longest = 0
        for stop in self._stops:
            starts = (n for n in range(min(len(stop) - 1, len(self._text)), 0, -1) if self._text.endswith(stop[:n]))
            longest = max(longest, next(starts, 0))
        return longest
