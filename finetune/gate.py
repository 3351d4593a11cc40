"""How much of the old skills a new version may lose. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from finetune.figures import ALL, REPLY, Skill


@dataclass(frozen=True, slots=True)
class Gate:
    """Limits for what is lost on held-out old rows."""

    overall: float = 0.02
    """Share of plans that were right before, as a whole or in their first tool, and no longer are, net."""
    skill: float = 0.1
    """The same for the plans of each tool."""
    loss: float = 0.1
    """Nats per token by which completions may become less expected, plans and replies apart."""
    least: int = 8
    """Rows that a tool must have to be judged by itself; what fewer say is chance."""


def lost(before: Mapping[str, Skill], after: Mapping[str, Skill], gate: Gate) -> tuple[str, ...]:
    """Why a version is refused; () when it may serve."""
    pairs = [(name, was, after[name]) for name, was in before.items()]
    return tuple(reason for name, was, now in pairs for reason in _reasons(name, was, now, gate))


def _reasons(name: str, was: Skill, now: Skill, gate: Gate) -> Iterable[str]:
    whole = name == ALL
    if not whole and was.rows < gate.least:
        return
    if name != REPLY:
        most = gate.overall if whole else gate.skill
        for what, one, other in (("exact plans", was.exact, now.exact), ("first tools", was.chosen, now.chosen)):
            if one - other > most + 1e-9:
                yield f"{what} of {_of(name)} fell from {one:.3f} to {other:.3f}, more than {most:g}"
    if (whole or name == REPLY) and now.loss - was.loss > gate.loss:
        yield f"loss of {_of(name)} rose from {was.loss:.3f} to {now.loss:.3f}, more than {gate.loss:g}"


def _of(name: str) -> str:
    return "old skills" if name == ALL else f"{name!r}"
