"""`finetune continue`: rows and terms from the command line, a new version, and what it gained and lost."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from agent.config import Settings
from finetune.continual import Rows, Terms, checked, go_on
from finetune.data import logged
from finetune.errors import BadOptions
from finetune.gate import Gate
from finetune.options import options_of
from finetune.rows import Row, read_rows
from ui.cli_adapters import begun, quiet_libraries, show_change
from ui.cli_progress import LateBars


@dataclass(frozen=True, slots=True)
class Files:
    """Where the rows are; None: split off, or none."""

    new: Path | None
    logs: tuple[Path, ...]
    """Databases of turns."""
    logs_catalog: str
    """Whose they are; empty: each is called like its catalogue."""
    replay: Path
    held_new: Path | None
    held_old: Path | None


class Steps:
    """A bar for what is counted, a line for what is not: training has a bar of its own. A context manager."""

    def __init__(self) -> None:
        self._bars = ExitStack()
        self._bar: LateBars | None = None

    def __enter__(self) -> "Steps":
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.close()

    def step(self, name: str, total: int | None = None) -> None:
        """Begin a step; the one before is done."""
        self._bars.close()
        if total is None:
            self._bar = None
            sys.stderr.write(f"{name}\n")
        else:
            self._bar = self._bars.enter_context(LateBars())
            self._bar.step(name, total)

    def advance(self, units: int = 1) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.advance(units)


def continue_adapter(start: str, files: Files, terms: Terms, settings: Settings) -> None:
    """Train, measure, and let the gate decide; the table is printed either way."""
    quiet_libraries()
    rows = Rows(
        _new(files, settings),
        read_rows(files.replay),
        read_rows(files.held_new) if files.held_new else (),
        read_rows(files.held_old) if files.held_old else (),
    )
    registry, parent = begun(start, settings)
    with Steps() as steps:
        version = go_on(registry, parent, rows, terms, steps)
    show_change(version)
    served = checked(version)
    if served.current:
        print(f"{served.name} is current: {served.folder}")
    else:
        print(f"{served.name} is kept; make it current with 'sommelier finetune use {start} {served.name}'")


def _new(files: Files, settings: Settings) -> tuple[Row, ...]:
    if files.new is None and not files.logs:
        raise BadOptions("there is nothing new to learn; name --new FILE or --logs DB")
    rows = read_rows(files.new) if files.new else ()
    for path in files.logs:
        kept, left_out = logged(path, settings, files.logs_catalog)
        told = ", ".join(f"{n} {reason}" for reason, n in left_out.items()) or "none"
        sys.stderr.write(f"{path}: {len(kept)} turns to learn from; left out: {told}\n")
        rows += kept
    return rows


def terms_of(
    preset: str, set_options: Sequence[str], gate: Gate, replay_share: float, held_share: float, most_held: int
) -> Terms:
    """Options and limits."""
    if not 0 <= replay_share < 1:
        raise BadOptions(f"--replay-share cannot be {replay_share!r}; it is a share of all rows, from 0 to below 1")
    return Terms(options_of(preset, set_options), gate, replay_share, held_share, most_held)
