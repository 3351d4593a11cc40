"""The record of a turn, as it is kept for audits, evaluation and training: JSON values only. Pure."""

from agent.types import Done, TurnRequest
from agent.work import Work


def record_of(request: TurnRequest, work: Work, done: Done) -> dict[str, object]:
    """What was asked, planned, shown and told, by whom, on which index."""
    return {
        "text": request.text,
        "clicked": bool(request.actions),
        "plan": done.plan.model_dump(mode="json"),
        "observed": [type(o).__name__ for o in work.observations],
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
