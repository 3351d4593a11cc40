"""A program on a terminal of its own: a real pseudo-terminal, with keys pressed and the screen read."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pyte

from agent.config import ROOT

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b[=>78]|[\r\x08\x0f]")
_PROMPT = b"\x1b[?2004h"
"""What a terminal is told when a line may be typed or pasted."""


class Terminal:
    """What a program shows, and the keyboard before it."""

    def __init__(self, near: int, process: subprocess.Popen[bytes], columns: int, rows: int) -> None:
        self._near, self.process = near, process
        self.raw = b""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._prompted = 0

    @property
    def lines(self) -> list[str]:
        """What stands on the screen now, line by line."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        """Everything shown so far, without the codes that colour and place it."""
        return _text(self.raw)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._near, keys.encode())

    def ready(self) -> str:
        """Wait for the next prompt; what was shown since the last one."""
        self._wait(lambda: _PROMPT in self.raw[self._prompted :])
        shown, self._prompted = self.raw[self._prompted :], self._prompted + len(self.raw[self._prompted :])
        before, _, after = shown.rpartition(_PROMPT)
        self._prompted -= len(after)
        return _text(before)

    def say(self, line: str) -> str:
        """Type a line, and return what is shown until the next prompt is there."""
        self.press(line)
        self.settle()
        self.press("\r")
        return self.ready()

    def interrupt(self) -> None:
        """Press Ctrl-C while a turn runs: the terminal makes a signal of it."""
        self.process.send_signal(signal.SIGINT)

    def until(self, mark: str, patience: float = 60) -> bool:
        """Read until something is shown; False if it is not, or not soon enough."""
        self._wait(lambda: mark in self.text, patience)
        return mark in self.text

    def settle(self) -> None:
        """Read until nothing more is shown for a moment."""
        before = -1
        while before != len(self.raw):
            before = len(self.raw)
            self._read(0.3)

    def end(self) -> int:
        """Read to the end; the exit code."""
        self._wait(lambda: False)
        return self.process.wait(20)

    def _wait(self, seen: Callable[[], bool], patience: float = 60) -> None:
        deadline = time.monotonic() + patience
        while not seen() and time.monotonic() < deadline and self._read(0.1):
            pass

    def _read(self, patience: float) -> bool:
        """Read what there is; False when the program has closed its end."""
        if not select.select([self._near], [], [], patience)[0]:
            return self.process.poll() is None
        try:
            piece = os.read(self._near, 65536)
        except OSError:
            return False
        self.raw += piece
        self._stream.feed(piece)
        return bool(piece)


def _text(raw: bytes) -> str:
    return _CONTROL.sub("", raw.decode("utf-8", errors="replace"))


@contextmanager
def terminal(arguments: Sequence[str], columns: int = 100, rows: int = 40, **env: str) -> Iterator[Terminal]:
    """Run a Python program on a terminal of this size."""
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    given = {**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", **env}
    for name in ("COLUMNS", "LINES", "NO_COLOR") if "NO_COLOR" not in env else ("COLUMNS", "LINES"):
        given.pop(name, None)
    command = [sys.executable, *arguments]
    with subprocess.Popen(
        command, stdin=far, stdout=far, stderr=far, cwd=ROOT, env=given, start_new_session=True
    ) as process:
        os.close(far)
        try:
            yield Terminal(near, process, columns, rows)
        finally:
            process.kill()
            os.close(near)
