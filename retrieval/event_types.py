"""How the values of a log are read: which are likes and which are dislikes."""

from collections.abc import Iterable, Mapping, Sequence

from retrieval.manifest import EventSpec
from retrieval.types import Interaction

# Tops of the usual scales. A like is the upper part of a scale, a dislike the lower.
_SCALES = (1.0, 5.0, 10.0, 100.0)
_LIKE, _DISLIKE = 0.7, 0.4


def infer_events(log: Iterable[Interaction], said: Mapping[str, EventSpec]) -> dict[str, EventSpec]:
    """One entry per event type of the log; what a person said wins."""
    values: dict[str, list[float]] = {}
    for event in log:
        held = values.setdefault(event.event, [])
        if event.value is not None:
            held.append(event.value)
    return {name: said[name] if name in said else infer_event(held) for name, held in values.items()}


def infer_event(values: Sequence[float]) -> EventSpec:
    """Read values as judgements when they look like a scale, else every event as a like.

    Judgements lie mostly in the upper half of a usual scale (people finish and rate what they chose), or on
    both sides of zero; quantities and counts crowd at their low end.
    """
    if not values:
        return EventSpec()
    low, high = min(values), max(values)
    top = next((scale for scale in _SCALES if max(abs(low), high) <= scale), None)
    if top is None:
        return EventSpec()
    if low < 0:
        return EventSpec(like_from=top * (1 - _LIKE), dislike_to=-top * (1 - _LIKE))
    if sum(values) / len(values) >= top / 2:
        return EventSpec(like_from=top * _LIKE, dislike_to=top * _DISLIKE)
    return EventSpec(like_from=top * _LIKE, dislike_to=0.0) if top == 1.0 else EventSpec()
