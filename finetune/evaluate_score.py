"""What predictions and dialogues that were held come to. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from finetune.evaluate_cases import Case
from finetune.evaluate_metrics import Interval, Part, figures, plan_parts, quantiles, title_parts
from finetune.evaluate_predict import Prediction
from finetune.evaluate_reading import Reading, read_plan
from finetune.evaluate_replies import Held, Told


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of one set, laps in milliseconds, and the mean tokens of a call or a turn."""

    figures: Mapping[str, Interval]
    laps: Mapping[str, Mapping[str, float]]
    tokens: Mapping[str, float]

    def value(self) -> dict[str, object]:
        """As JSON."""
        shown = {
            name: {"value": round(i.value, 4), "low": round(i.low, 4), "high": round(i.high, 4), "cases": i.cases}
            for name, i in self.figures.items()
        }
        return {"figures": shown, "ms": dict(self.laps), "tokens": dict(self.tokens)}


def score_plans(cases: Sequence[Case], given: Mapping[str, Prediction], seed: int) -> Summary:
    """Figures of the plans of one set."""
    answered = [(case, given[case.id]) for case in cases if case.id in given]
    return Summary(
        figures([(case.dialogue, case_parts(case, prediction)) for case, prediction in answered], seed),
        {"plan": quantiles([p.ms for _, p in answered])},
        _mean_tokens([(p.prompt, p.completion) for _, p in answered]),
    )


def case_parts(case: Case, prediction: Prediction) -> dict[str, Part]:
    """What one case adds to each metric."""
    expected, given = readings(case, prediction)
    labels = expected.named if case.labels is None else case.labels
    added = {"valid": (float(prediction.valid), 1.0), **title_parts(labels, given.named)}
    return {**added, **plan_parts(expected, given)} if case.expected else added


def readings(case: Case, prediction: Prediction) -> tuple[Reading, Reading]:
    """The plan that is expected and the one that was given, both as they are run; nothing for none."""
    scene = case.world.scene(case.context)
    expected, given = (case.world.bounded(plan, case.context) for plan in (case.expected, prediction.plan or ()))
    return read_plan(expected, scene), read_plan(given, scene)


def score_turns(held: Iterable[Held], seed: int) -> Summary:
    """Figures of dialogues with the engine: `before` of what the model itself told, `after` of what was read."""
    turns = [(dialogue.id, told) for dialogue in held for told in dialogue.turns]
    every = [told for _, told in turns]
    return Summary(
        figures([(dialogue, _turn_parts(told)) for dialogue, told in turns], seed),
        {
            "plan": quantiles([t.plan_ms for t in every]),
            "first": quantiles([t.first_ms for t in every]),
            "turn": quantiles([t.turn_ms for t in every]),
        },
        _mean_tokens([(t.prompt, t.completion) for t in every]),
    )


def _turn_parts(told: Told) -> dict[str, Part]:
    parts: dict[str, Part] = {"after": (float(not told.faults), 1.0)}
    if told.raw:
        parts |= {"before": (float(not told.raw_faults), 1.0), "own": (float("+rules" not in told.tier), 1.0)}
    return parts


def _mean_tokens(spent: Sequence[tuple[int, int]]) -> dict[str, float]:
    total = max(len(spent), 1)
    prompt, completion = sum(p for p, _ in spent) / total, sum(c for _, c in spent) / total
    return {"prompt": round(prompt, 1), "completion": round(completion, 1)}
