"""The record of a turn, as it is kept for audits, evaluation and training: JSON values only. Pure."""

from dataclasses import asdict

from agent.observations import Compared, Found, Noted, Observation
from agent.types import Done, Step, TurnRequest
from agent.work import Work


def brief(observation: Observation) -> str:
    """What a call reported, in a word or two for a trace: 'found 5 of 962'."""
    match observation:
        case Found():
            return f"found {len(observation.candidates)} of {observation.matching}"
        case Noted():
            return f"noted {len(observation.added)}"
        case _:
            return type(observation).__name__.lower()


def step_record(step: Step) -> dict[str, object]:
    """One call of the plan as it ran."""
    call = step.action.model_dump(mode="json", exclude_defaults=True)
    arguments = {name: value for name, value in call.items() if name != "tool"}
    observed = [brief(o) for o in step.observations]
    return {"tool": step.action.tool, "arguments": arguments, "observed": observed, "ms": round(step.ms, 2)}


def record_of(request: TurnRequest, work: Work, done: Done) -> dict[str, object]:
    """What was asked, planned, shown and told, by whom, on which index."""
    return {
        "text": request.text,
        "clicked": bool(request.actions),
        "plan": done.plan.model_dump(mode="json"),
        "steps": [step_record(step) for step in done.steps],
        "compared": [i.item_id for o in work.observations if isinstance(o, Compared) for i in o.items],
        "spread": None if done.spread is None else asdict(done.spread),
        "cards": [
            {
                "item_id": card.item.item_id,
                "score": round(card.score, 4),
                "reasons": [
                    {
                        "text": reason.text,
                        "evidence": [[e.kind, e.ref, e.detail, round(e.weight, 4)] for e in reason.evidence],
                    }
                    for reason in card.reasons
                ],
            }
            for card in done.cards
        ],
        "reply": done.reply,
        "tier": done.tier,
        "language": done.language,
        "usage": [done.usage.prompt, done.usage.completion, done.usage.calls],
        "prompts": done.prompts,
        "notes": [[note.kind, note.detail] for note in done.notes],
        "timings_ms": {stage: round(ms, 2) for stage, ms in done.timings_ms.items()},
        "index": work.index.manifest.built_at,
        "at": work.moment.at,
        "outcome": "ok",
    }
