"""SIGINT and SIGTERM as a wish to stop after the step at hand; a second one stops at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """Whether somebody wants the run to stop."""

    def __init__(self) -> None:
        self._given = threading.Event()

    def given(self) -> bool:
        """A signal has come."""
        return self._given.is_set()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Within the block the first signal is only noted. Signals can be had in the main thread alone."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def note(number: int, _: FrameType | None) -> None:
            self._given.set()
            signal.signal(number, before[signal.Signals(number)])

        try:
            for number in before:
                signal.signal(number, note)
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
