"""What a conversation looks like on a terminal: Markdown, tables and colour; bare text where the output is piped."""

import json
import sys
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.segment import Segment, Segments
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from agent.profile import Preference
from agent.quoting import one_line, plain
from agent.types import Card, Done
from retrieval.catalog import Catalog
from ui.cli_text import safe
from ui.page_cards import CardView, card_view
from ui.trace_view import trace_view

_NARROW = 64
"""Columns below which a list takes two lines per item instead of a table."""
_LONGEST = 400
"""Characters of a call or an observation that a trace shows."""


class Screen:
    """Standard output, as a terminal if it is one."""

    def __init__(self) -> None:
        self._console = Console(highlight=False) if sys.stdout.isatty() else None

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at it."""
        return self._console is not None

    def reply(self) -> "Growing":
        """A reply that is about to come."""
        return Growing(self._console)

    def say(self, text: str) -> None:
        """A line of the program's own."""
        if self._console is not None:
            self._console.print(Text(safe(text), style="dim"))
        else:
            _write(text)

    def write(self, text: str) -> None:
        """Data, as it is."""
        _write(text)

    def cards(self, cards: Sequence[Card], catalog: Catalog, language: str) -> None:
        """The list with its facets; in a pipe the reply names the items, and --json has the rest."""
        if self._console is not None:
            views = [card_view(card, catalog, language) for card in cards]
            width = self._console.width
            self._console.print(_listed(views) if width < _NARROW else _tabled(views, width))
            self._console.print()

    def profile(self, active: Sequence[Preference]) -> None:
        """What counts about a person."""
        if not active:
            self._print(Text("I know nothing about your taste yet."))
            return
        rows = [(p.id, _sign(p), p.said.label, _beside(p)) for p in active]
        if self._console is None:
            _write("\n".join(f"{i:>4} {sign:>4}  {label}{beside}" for i, sign, label, beside in rows))
            return
        table = Table(box=None, padding=(0, 1), header_style="bold")
        for column in ("id", "", "what", "how long"):
            table.add_column(column, overflow="fold")
        for (number, sign, label, beside), preference in zip(rows, active, strict=True):
            colour = {"+": "green", "-": "red"}.get(sign, "dim")
            what = Text(safe(label + beside))
            table.add_row(Text(number, style="dim"), Text(sign, style=colour), what, Text(preference.said.scope, "dim"))
        self._console.print(table)

    def trace(self, done: Done) -> None:
        """The calls of a turn, what they observed, and where the time went."""
        lines = [f"{done.tier}, {done.timings_ms.get('turn', 0.0):.0f} ms: {_times(done)}"]
        for step, view in zip(done.steps, trace_view(done.steps), strict=True):
            assert isinstance(view, dict)
            lines.append(f"{step.action.tool}({_short(view['arguments'])}) {step.ms:.1f} ms")
            lines += [f"  {_short(observed)}" for observed in view["observed"]]
        lines += [f"{note.kind}: {note.detail}" for note in done.notes]
        self.say("\n".join(lines))

    def rows(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A small table; tab-separated lines in a pipe."""
        if self._console is None:
            _write("\n".join("\t".join(one_line(cell) for cell in row) for row in rows))
            return
        table = Table(box=None, padding=(0, 1), header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(safe(cell)) for cell in row))
        self._console.print(table)

    def _print(self, what: Text) -> None:
        if self._console is not None:
            self._console.print(what)
        else:
            _write(what.plain)


class Growing:
    """A reply as it grows, a block at a time: Markdown on a terminal, bare text in a pipe. A context manager.

    Only the unfinished block is drawn anew, so that a long reply does not scroll away under the cursor.
    """

    def __init__(self, console: Console | None) -> None:
        self._block = ""
        self._console = console
        waiting = Spinner("dots", style="dim")
        self._live = Live(waiting, console=console, transient=True, refresh_per_second=8) if console else None

    def __enter__(self) -> "Growing":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        if self._block.strip():
            self._print(self._block)

    def add(self, piece: str) -> None:
        """Show more of it."""
        *finished, self._block = (self._block + piece).split("\n\n")
        for block in finished:
            self._print(block + "\n")
        if self._live is not None:
            self._live.update(rendered(self._block))

    def _print(self, block: str) -> None:
        if self._console is not None:
            # rich puts an empty line before a list and none after it; here every block but the last has one after it.
            lines = self._console.render_lines(rendered(block), pad=False)
            while lines and not _is_text(lines[0]):
                del lines[0]
            while lines and not _is_text(lines[-1]):
                del lines[-1]
            gap = [Segment.line()] if block.endswith("\n") else []
            self._console.print(Segments([s for line in lines for s in (*line, Segment.line())] + gap), end="")
        else:
            _write(plain(block))


def rendered(reply: str) -> Markdown:
    """A reply as a terminal shows it."""
    return Markdown(safe(reply), hyperlinks=False)


def _is_text(line: Sequence[Segment]) -> bool:
    return any(segment.text.strip() for segment in line)


def _tabled(views: Sequence[CardView], width: int) -> RenderableType:
    table = Table(box=None, padding=(0, 1), show_header=False)
    titles = min(max(_title(view).cell_len for view in views), width // 2)
    table.add_column(justify="right", style="dim", width=2)
    table.add_column(overflow="fold", width=titles)
    table.add_column(overflow="ellipsis", no_wrap=True, style="cyan", width=width - titles - 14)
    for view in views:
        table.add_row(f"{view.number}", _title(view), safe(_facets(view)), f"{view.percent}%")
    return table


def _listed(views: Sequence[CardView]) -> RenderableType:
    lines: list[RenderableType] = []
    for view in views:
        head = Text.assemble((f"{view.number} ", "dim"), _title(view), (f" {view.percent}%", "dim"))
        lines += [head, Padding(Text(safe(_facets(view)), style="cyan"), (0, 0, 0, 2))]
    return Group(*lines)


def _title(view: CardView) -> Text:
    return Text(safe(one_line(view.label)), style="bold")


def _facets(view: CardView) -> str:
    # A number alone says nothing: '10' is 'stock 10'; '24.99 $' says enough.
    texts = (f"{chip.facet} {chip.text}" if chip.text.isdecimal() else chip.text for chip in view.chips)
    return " · ".join(one_line(text) for text in texts)


def _sign(preference: Preference) -> str:
    said = preference.said
    return "seen" if said.seen and not said.rated else "+" if said.polarity > 0 else "-"


def _beside(preference: Preference) -> str:
    return f" (for {preference.said.person})" if preference.said.person else ""


def _times(done: Done) -> str:
    return ", ".join(f"{stage} {ms:.1f}" for stage, ms in done.timings_ms.items() if stage != "turn")


def _short(value: object) -> str:
    return one_line(json.dumps(value, ensure_ascii=False, default=str), _LONGEST)


def _write(text: str) -> None:
    sys.stdout.write(safe(text) + "\n")
    sys.stdout.flush()
