"""Progress bars that only come up when there is something to wait for."""

from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.progress import Bars


class LateBars:
    """Bars on stderr from the first step on; a context manager."""

    def __init__(self) -> None:
        self._bars: Bars | None = None

    def __enter__(self) -> "LateBars":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.__exit__(kind, value, trace)

    def step(self, name: str, total: int | None = None) -> None:
        """Begin a step."""
        if self._bars is None:
            # Only here: rich takes a while to import.
            from retrieval.progress import Bars

            self._bars = Bars().__enter__()
        self._bars.step(name, total)

    def advance(self, units: int = 1) -> None:
        """Move the bar."""
        if self._bars is not None:
            self._bars.advance(units)
