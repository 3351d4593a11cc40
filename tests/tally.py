"""How many turns came out right, per kind of request, language and catalogue, as a Markdown table."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts of right and of all turns by (kind, language, catalogue)."""

    right: dict[tuple[str, str, str], int] = field(default_factory=dict)
    total: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def add(self, row: tuple[str, str, str], right: int, total: int) -> None:
        """Count turns of a kind, a language and a catalogue."""
        self.right[row] = self.right.get(row, 0) + right
        self.total[row] = self.total.get(row, 0) + total

    def lines(self) -> Iterable[str]:
        """The table: a row per kind, a column per catalogue and language, and what all of it comes to."""
        columns = sorted({row[1:] for row in self.total})
        yield f"| kind of request | {' | '.join(f'{catalog}, {language}' for language, catalog in columns)} |"
        yield f"| --- | {' | '.join('---:' for _ in columns)} |"
        for kind in [*sorted({row[0] for row in self.total}), ""]:
            yield f"| {kind or '**all**'} | {' | '.join(self._cell(kind, column) for column in columns)} |"

    def _cell(self, kind: str, column: tuple[str, ...]) -> str:
        rows = [row for row in self.total if kind in ("", row[0]) and row[1:] == column]
        total = sum(self.total[row] for row in rows)
        return f"{sum(self.right[row] for row in rows)}/{total}" if total else ""
