"""How a long build reports itself."""

from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class BuildProgress(Protocol):
    """What a build tells while it runs."""

    def step(self, name: str, total: int | None = None) -> None:
        """Begin a step, of `total` units if known; the one before is done."""

    def advance(self, units: int = 1) -> None:
        """Some units of the step are done."""


class Quiet:
    """Says nothing."""

    def step(self, name: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, units: int = 1) -> None:
        """Say nothing."""


class Bars:
    """A bar per step on stderr; use as a context manager."""

    def __init__(self) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self._bars = Progress(*columns, console=Console(stderr=True))
        self._finish_last()

    def __enter__(self) -> "Bars":
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish_last()
        self._bars.stop()

    def step(self, name: str, total: int | None = None) -> None:
        """Finish the bar before and begin one."""
        self._finish_last()
        self._bars.add_task(name, total=total)

    def advance(self, units: int = 1) -> None:
        """Move the bar."""
        if self._bars.task_ids:
            self._bars.advance(self._bars.task_ids[-1], units)

    def _finish_last(self) -> None:
        for task in self._bars.tasks[-1:]:
            done = task.total if task.total is not None else 1
            self._bars.update(task.id, total=done, completed=done)
