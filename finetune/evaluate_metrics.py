"""How a given plan stands to the expected one. Pure.

Every metric is a ratio of sums: a case adds to a numerator and to a denominator, so that accuracy, precision, recall
and F1 are summed, and resampled, in the same way.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from finetune.evaluate_reading import Polarity, Reading

Part: TypeAlias = tuple[float, float]
"""What one case adds to the numerator and to the denominator of a metric."""

_RESAMPLED = 1000


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95% bootstrap interval, over so many cases that count for it."""

    value: float
    low: float
    high: float
    cases: int


def plan_parts(expected: Reading, given: Reading) -> dict[str, Part]:
    """What a case adds to each metric of plans; one without any plan loses everything it could, as an empty one."""
    compared = {
        "tools": _right(set(given.tools) == set(expected.tools)),
        "first_tool": _right(given.tools[:1] == expected.tools[:1]),
        "plan": _right(same(expected, given)),
    }
    compared["conditions" if expected.conditions else "no_conditions"] = _right(given.conditions == expected.conditions)
    return compared


def title_parts(expected: Mapping[str, Polarity], given: Mapping[str, Polarity]) -> dict[str, Part]:
    """What a case adds to the metrics of titles: linked to the right item, and the right sign on those."""
    hit = expected.keys() & given.keys()
    judged = [i for i in hit if expected[i]]
    stated = [i for i in judged if given[i]]
    right = [i for i in stated if given[i] == expected[i]]
    added: dict[str, Part] = {
        "precision": (len(hit), len(given)),
        "recall": (len(hit), len(expected)),
        "f1": (2 * len(hit), len(expected) + len(given)),
        "polarity": (len(right), len(stated)),
        "judged": (len(stated), len(judged)),
    }
    return {name: part for name, part in added.items() if part[1]}


def same(expected: Reading, given: Reading) -> bool:
    """Whether two plans do the same: tools in order, items, conditions, other arguments; and no wish is lost."""
    return (
        expected.tools == given.tools
        and expected.named == given.named
        and expected.conditions == given.conditions
        and expected.rest == given.rest
        and expected.wishes <= given.wishes
    )


def figures(
    cases: Iterable[tuple[str, Mapping[str, Part]]], seed: int = 0, resampled: int = _RESAMPLED
) -> dict[str, Interval]:
    """Sum (dialogue, parts) of cases up; whole dialogues are resampled, for their cases are not independent."""
    by_metric: dict[str, dict[str, list[Part]]] = defaultdict(lambda: defaultdict(list))
    for dialogue, added in cases:
        for name, part in added.items():
            by_metric[name][dialogue].append(part)
    return {name: _interval(list(groups.values()), seed, resampled) for name, groups in sorted(by_metric.items())}


def quantiles(laps: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile, and of how many; zeros of none."""
    p50, p95 = np.percentile(laps, [50, 95]) if laps else (0.0, 0.0)
    return {"p50": round(float(p50), 1), "p95": round(float(p95), 1), "n": len(laps)}


def _right(right: bool) -> Part:
    return float(right), 1.0


def _interval(groups: Sequence[Sequence[Part]], seed: int, resampled: int) -> Interval:
    """Groups must hold a part each; denominators are positive."""
    sums = np.array([np.sum(group, axis=0) for group in groups])
    value = float(sums[:, 0].sum() / sums[:, 1].sum())
    drawn = np.random.default_rng(seed).integers(0, len(sums), (resampled, len(sums)))
    again = sums[drawn].sum(axis=1)
    low, high = np.percentile(again[:, 0] / again[:, 1], [2.5, 97.5])
    return Interval(value, float(low), float(high), sum(map(len, groups)))
