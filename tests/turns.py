"""Turns with the plan they should give, from a JSON-lines file: a generic loader, and how far a plan fits.

A single turn has a `plan` and perhaps a state; a dialogue has `turns`, each a text with effects: see `dialogues.py`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.plan import Action, Filter, Plan

_UNTESTED = frozenset({"words", "question", "reason"})


@dataclass(frozen=True)
class Turn:
    """One line: the message, its state, and the calls that are expected. See `fits` for how those are written."""

    kind: str
    text: str
    plan: tuple[Mapping[str, object], ...]
    shown: bool | Sequence[str] = False
    """Whether a list was shown before: true for the usual one, or its titles."""
    said: str = ""
    """The message before."""
    person: str = ""
    catalog: str = "movies"
    language: str = "en"


def load_turns(path: Path) -> tuple[Turn, ...]:
    """Read the single turns of a file; its language is in its name: turns_en.jsonl."""
    language = path.stem.rpartition("_")[2]
    rows = [row for row in read_rows(path) if "turns" not in row]
    return tuple(Turn(**{"language": language, **row, "plan": tuple(row["plan"])}) for row in rows)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read the lines of a file, each an object."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def fits(plan: Plan, expected: Sequence[Mapping[str, object]]) -> bool:
    """Whether a plan has exactly these calls, in this order, with exactly these arguments.

    Filters are written 'genres in Horror|Comedy', orders [facet, descending], and '~sad memory' is a free wish that
    has these words among others. Lists are compared as sets.
    """
    return len(plan.actions) == len(expected) and all(
        _same(action, wanted) for action, wanted in zip(plan.actions, expected, strict=True)
    )


def _same(action: Action, wanted: Mapping[str, object]) -> bool:
    found = action.model_dump(mode="json", exclude_defaults=True)
    said = {"tool": action.tool} | {k: v for k, v in found.items() if k not in _UNTESTED}
    if action.tool == "search":
        said.pop("kind", None)
    if action.tool in ("search", "similar_to", "recommend"):
        said |= {"filters": [written(f) for f in action.filters]} if action.filters else {}
    if action.tool == "remember" and action.constraints:
        said["constraints"] = [written(f) for f in action.constraints]
    if action.tool == "search" and action.sort is not None:
        said["sort"] = [action.sort.facet, action.sort.descending]
    if action.tool == "compare" and action.by is not None:
        said["by"] = [action.by.facet, action.by.descending]
    if action.tool == "details" and action.condition is not None:
        said["condition"] = written(action.condition)
    return said.keys() == wanted.keys() and all(_equal(said[k], wanted[k]) for k in said)


def _equal(said: object, wanted: object) -> bool:
    if isinstance(wanted, str) and wanted.startswith("~"):
        return isinstance(said, str) and set(wanted[1:].split()) <= set(said.split())
    if isinstance(wanted, list) and isinstance(said, list):
        return sorted(map(str, said)) == sorted(map(str, wanted))
    return said == wanted


def written(condition: Filter) -> str:
    """A filter as the test files write it: 'genres in Horror|Comedy'."""
    values = "|".join(f"{v:g}" if isinstance(v, float) else str(v) for v in condition.values)
    return f"{condition.facet} {condition.op.value} {values}"
