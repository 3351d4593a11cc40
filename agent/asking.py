"""Which question, if any, is worth a person's time. Pure.

What a person wants is one of the pool, with a chance in proportion to its score. They would answer a question about a
facet with a value that it holds; one with several values, with any of them alike. The worth of the question is the
expected reduction of the uncertainty about what they want, in bits: the mutual information of item and answer,

    gain = H(answer) - sum over items of chance * H(answer | item).

A question is asked when its gain reaches `LEAST_GAIN`, its choices are likely answers (`LEAST_COVERED`), and such an
answer would change the list: the expected share of the items shown that do not hold the chosen value reaches
`LEAST_CHANGE`. Of several questions the one with the highest gain is asked.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from retrieval.catalog import as_labels
from retrieval.types import Item

LEAST_GAIN = 1.0
"""Bits: an answer that halves what is left."""
LEAST_CHANGE = 0.5
"""Half of the list would be others."""
LEAST_COVERED = 0.3
"""The chance that one of the choices is the answer."""
CHOICES = 4
"""Values that are offered; any other answer counts as one."""
_RARE = 0.03
"""A value with less of the chance is no choice."""
_OTHER = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """A question about a facet: its gain in bits, how much of the list a choice would change, and how likely one is."""

    facet: str
    gain: float
    change: float
    covered: float
    choices: tuple[str, ...]


def best_question(pool: Sequence[tuple[Item, float]], shown: Sequence[Item], facets: Iterable[str]) -> Asking | None:
    """Return the question most worth asking; None if none is worth it. Ties go to the facet that comes first."""
    questions = (weigh(pool, shown, facet) for facet in facets)
    return max((q for q in questions if q is not None and _is_worthy(q)), key=lambda q: q.gain, default=None)


def _is_worthy(q: Asking) -> bool:
    return q.gain >= LEAST_GAIN and q.change >= LEAST_CHANGE and q.covered >= LEAST_COVERED


def weigh(pool: Sequence[tuple[Item, float]], shown: Sequence[Item], facet: str) -> Asking | None:
    """Weigh the question about one facet; None if it would have fewer than two choices."""
    chances = _chances([score for _, score in pool])
    likely: dict[str, float] = defaultdict(float)
    for (item, _), chance in zip(pool, chances, strict=True):
        held = as_labels(item.facets.get(facet))
        for value in held:
            likely[value] += chance / len(held)
    choices = tuple(sorted((v for v in likely if likely[v] >= _RARE), key=lambda v: (-likely[v], v))[:CHOICES])
    if len(choices) < 2:
        return None
    answers = [_answers(item, facet, choices) for item, _ in pool]
    every: dict[str, float] = defaultdict(float)
    for chance, answer in zip(chances, answers, strict=True):
        for value, share in answer.items():
            every[value] += chance * share
    unsure = sum(chance * _bits(answer.values()) for chance, answer in zip(chances, answers, strict=True))
    gain = max(_bits(every.values()) - unsure, 0.0)
    covered = sum(every[v] for v in choices)
    return Asking(facet, gain, _change(every, shown, facet, choices) / covered, covered, choices)


def _chances(scores: Sequence[float]) -> list[float]:
    """Scores as chances: shares of their sum, alike when none is above zero."""
    worth = [max(score, 0.0) for score in scores]
    total = sum(worth)
    return [w / total for w in worth] if total > 0 else [1 / len(worth)] * len(worth)


def _answers(item: Item, facet: str, choices: Sequence[str]) -> Mapping[str, float]:
    """How likely each answer is from a person who wants this item."""
    held = as_labels(item.facets.get(facet))
    if not held:
        return {_OTHER: 1.0}
    answers: dict[str, float] = defaultdict(float)
    for value in held:
        answers[value if value in choices else _OTHER] += 1 / len(held)
    return answers


def _bits(shares: Iterable[float]) -> float:
    return -sum(share * math.log2(share) for share in shares if share > 0)


def _change(every: Mapping[str, float], shown: Sequence[Item], facet: str, choices: Sequence[str]) -> float:
    """The chance of a choice times the share of the list that would go with it, over all choices."""
    if not shown:
        return sum(every[v] for v in choices)
    held = [as_labels(item.facets.get(facet)) for item in shown]
    return sum(every[v] * sum(v not in h for h in held) / len(shown) for v in choices)
