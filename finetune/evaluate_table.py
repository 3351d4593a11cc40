"""The figures as Markdown tables. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from finetune.evaluate_metrics import Interval
from finetune.evaluate_score import Summary

Rows: TypeAlias = Mapping[str, Mapping[str, Summary]]
"""By row, then by set."""

_PLANS: Mapping[str, str] = {
    "valid": "valid plans",
    "tools": "tools",
    "first_tool": "first tool",
    "f1": "titles F1",
    "precision": "precision",
    "recall": "recall",
    "polarity": "polarity",
    "conditions": "conditions",
    "no_conditions": "none invented",
    "plan": "whole plan",
}
_TURNS: Mapping[str, str] = {"before": "supported before", "after": "supported after", "own": "told alone"}


def plans_table(rows: Rows) -> str:
    """A line per set and row: percentages with their 95% intervals, milliseconds and tokens of a plan."""
    head = ["set", "model", *_PLANS.values(), "plan ms p50 / p95", "tokens in + out"]
    return _table(head, _by_set(rows, lambda s: [*_shares(s, _PLANS), _laps(s, "plan"), _tokens(s)]))


def turns_table(rows: Rows) -> str:
    """A line per catalogue and row: what of the replies holds, and what a turn takes."""
    head = ["catalogue", "model", *_TURNS.values(), "plan ms", "first token ms", "turn ms p50 / p95", "tokens in + out"]
    laps = ("plan", "first", "turn")
    cells = _by_set(rows, lambda s: [*_shares(s, _TURNS), *(_laps(s, lap) for lap in laps), _tokens(s)])
    return _table(head, cells)


def _by_set(rows: Rows, cells: Callable[[Summary], Sequence[str]]) -> Iterable[Sequence[str]]:
    for name in dict.fromkeys(part for row in rows.values() for part in row):
        yield from ([name, row, *cells(parts[name])] for row, parts in rows.items() if name in parts)


def _shares(summary: Summary, names: Iterable[str]) -> list[str]:
    return [_share(summary.figures.get(name)) for name in names]


def _share(figure: Interval | None) -> str:
    if figure is None:
        return "–"
    return f"{100 * figure.value:.1f} ({100 * figure.low:.0f}–{100 * figure.high:.0f})"


def _laps(summary: Summary, name: str) -> str:
    lap = summary.laps[name]
    return f"{lap['p50']:.0f} / {lap['p95']:.0f}"


def _tokens(summary: Summary) -> str:
    return f"{summary.tokens['prompt']:.0f} + {summary.tokens['completion']:.0f}"


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rules = ["---" if n < 2 else "---:" for n in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rules, *lines))
