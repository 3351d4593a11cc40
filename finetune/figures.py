"""Skills before and after as the flat figures of a card, and back; and as a table. Pure.

"old.before.search.exact": whose rows, when, which tool, which figure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from agent.adapters import AdapterCard

ALL, REPLY = "all", "reply"
"""What is not the name of a tool: all plans together, and replies."""
Side: TypeAlias = Literal["old", "new"]
"""Rows like those that were learnt before, or those of the new version."""
COLUMNS = ("rows", "skill", "n", "exact", "", "first tool", "", "loss", "")


@dataclass(frozen=True, slots=True)
class Skill:
    """A model's figures on the rows of one tool, or of all."""

    rows: int
    loss: float
    exact: float
    """Share of plans to the letter; of replies it says little, for there is more than one good one."""
    chosen: float
    """Share whose first tool is right."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a model could before and after."""

    before: Mapping[str, Skill]
    after: Mapping[str, Skill]

    @property
    def transfer(self) -> float:
        """Exact plans after minus before, over all plans; of old rows: the backward transfer. 0 without plans."""
        return self.after[ALL].exact - self.before[ALL].exact if ALL in self.before else 0.0


def figures_of(side: Side, change: Change) -> Mapping[str, float]:
    """A change as figures of a card."""
    told = {f"{side}.transfer": change.transfer}
    for when, found in (("before", change.before), ("after", change.after)):
        for name, skill in found.items():
            told |= {f"{side}.{when}.{name}.{what}": value for what, value in asdict(skill).items()}
    return {name: round(float(value), 4) for name, value in told.items()}


def change_of(card: AdapterCard, side: Side) -> Change | None:
    """Read a change back; None for a version that was not trained on."""
    found: dict[str, dict[str, dict[str, float]]] = {"before": defaultdict(dict), "after": defaultdict(dict)}
    for name, value in card.figures.items():
        match name.split("."):
            case [str(of), "before" | "after" as when, skill, what] if of == side:
                found[when][skill][what] = value
    before, after = ({name: _skill(told) for name, told in found[when].items()} for when in ("before", "after"))
    return Change(before, after) if before and before.keys() == after.keys() else None


def table(card: AdapterCard) -> Iterable[tuple[str, ...]]:
    """Lines under COLUMNS: old skills first, all plans before single tools; each figure before and after."""
    sides: tuple[Side, Side] = ("old", "new")
    for side in sides:
        if (change := change_of(card, side)) is not None:
            for name in sorted(change.before, key=lambda n: (n != ALL, n == REPLY, n)):
                yield (side, name, *_cells(name, change.before[name], change.after[name]))


def _cells(name: str, was: Skill, now: Skill) -> tuple[str, ...]:
    plans = ("", "", "", "") if name == REPLY else (*_pair(was.exact, now.exact), *_pair(was.chosen, now.chosen))
    return (f"{was.rows:.0f}", *plans, *_pair(was.loss, now.loss))


def _pair(was: float, now: float) -> tuple[str, str]:
    return f"{was:.3f}", f"{now:.3f} ({now - was:+.3f})"


def _skill(told: Mapping[str, float]) -> Skill:
    return Skill(int(told.get("rows", 0)), told.get("loss", 0.0), told.get("exact", 0.0), told.get("chosen", 0.0))
