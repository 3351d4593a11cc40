"""Answers at hand, one click each: a choice of a question, a way out of an empty list, a yes to a what-if. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from agent.observations import Nothing, Observation, Question, Supposed
from agent.plan import Accept, Filter, Recommend, Search, SimilarTo
from agent.wording import Wording
from retrieval.types import Op
from ui.labels import Say

Answer: TypeAlias = Search | SimilarTo | Recommend | Accept
"""What a click on a choice does."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: what it says, what the person says with it, and the call as JSON."""

    text: str
    said: str
    call: str


def choices(observations: Iterable[Observation], wording: Wording, say: Say) -> tuple[Choice, ...]:
    """The answers that are at hand after a turn."""
    return tuple(choice for seen in observations for choice in _of(seen, wording, say))


def _of(seen: Observation, wording: Wording, say: Say) -> Iterable[Choice]:
    match seen:
        case Question():
            for value, count in seen.choices:
                chosen = Search(keep=True, filters=(Filter(facet=seen.facet, op=Op.IN, values=(value,)),))
                said = wording.value(seen.facet, value)
                yield _choice(f"{said} · {count:,}", said, chosen)
        case Nothing():
            for relaxation, way in zip(seen.relaxations, seen.ways, strict=False):
                if way is not None:
                    dropped = wording.phrases.typing.comma.join(map(wording.condition, relaxation.dropped))
                    said = say("without", conditions=dropped)
                    yield _choice(f"{said} · {relaxation.count:,}", said, way)
        case Supposed(after=after) if after and (seen.dropped or seen.added):
            yield _choice(say("accept"), say("accept"), Accept())
        case _:
            return


def _choice(text: str, said: str, call: Answer) -> Choice:
    return Choice(text, said, call.model_dump_json())
