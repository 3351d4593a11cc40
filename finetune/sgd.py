"""Dialogues of Schema-Guided Dialogue as examples: other things than films, and facets that come from the schema.

What a user does is mapped to calls: INFORM for a search becomes `search` with the new slots only, `keep` when it goes
on; REQUEST becomes `details` of what is offered; REQUEST_ALTS `recommend` more; SELECT a liking; wishes to book go to
the staff; thanks and goodbyes are small talk. A turn of several services, of a service that finds nothing, or that
does anything else is left out.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent.plan import Action, Chat, Details, Filter, Handoff, React, Recommend, Search
from agent.types import Message
from finetune.errors import BadRows
from finetune.example import Example, State
from finetune.sgd_services import Act, Dialogue, Frame, Schema, Service, services_of, value_of
from retrieval.catalog import Catalog
from retrieval.errors import CatalogError
from retrieval.textfile import open_bytes
from retrieval.types import Op

_SCHEMAS = TypeAdapter(tuple[Schema, ...])
_ANY = "dontcare"
_BYE = re.compile(
    r"\bbye|good ?night|good day|see you|take care|\bhave an? |that(?:'s| is|'ll be| will be) (?:all|it)\b"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """Examples with the catalogue each is of, and how many turns were left out, by reason."""

    examples: tuple[tuple[Example, Catalog], ...]
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A user's turn for one service."""

    text: str
    acts: tuple[Act, ...]
    intent: str
    service: Service
    state: State

    @property
    def done(self) -> frozenset[str]:
        """What the user does."""
        return frozenset(a.act for a in self.acts)

    @property
    def searching(self) -> bool:
        """Whether things are looked for."""
        return self.intent in self.service.searches


def read_examples(dialogues: Path, schema: Path) -> Reading:
    """Read a part of the set (JSONL, may be gzipped, and its schema.json); BadRows for what cannot be used."""
    talks = tuple(_read(dialogues))
    services = services_of(talks, _schemas(schema))
    left_out: Counter[str] = Counter()
    part = dialogues.name.partition(".")[0]
    examples = tuple(e for talk in talks for e in _examples(talk, part, services, left_out))
    if not examples:
        raise BadRows(str(dialogues), 0, f"holds no turn of a service of {schema.name!r} that finds things")
    return Reading(examples, left_out)


def _read(path: Path) -> Iterator[Dialogue]:
    try:
        with open_bytes(path) as raw:
            for number, line in enumerate(raw, 1):
                try:
                    yield Dialogue.model_validate_json(line)
                except ValidationError as error:
                    fault = error.errors(include_url=False)[0]
                    reason = f"{line[:60]!r} is no dialogue: {fault['loc']}: {fault['msg']}"
                    raise BadRows(str(path), number, reason) from error
    except (OSError, EOFError, CatalogError) as error:
        raise BadRows(str(path), 0, f"cannot be read: {error}; give the path of a JSONL file") from error


def _schemas(path: Path) -> tuple[Schema, ...]:
    try:
        return _SCHEMAS.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise BadRows(
            str(path), 0, f"is no schema: {str(error).splitlines()[0]}; give schema.json of that part"
        ) from error


def _examples(
    talk: Dialogue, part: str, services: Mapping[str, Service], left_out: Counter[str]
) -> Iterator[tuple[Example, Catalog]]:
    states: dict[str, State] = {}
    messages: tuple[Message, ...] = ()
    question = ""
    for n, turn in enumerate(talk.turns):
        frame = turn.frames[0] if len(turn.frames) == 1 else None
        service = services.get(frame.service) if frame is not None else None
        if frame is not None and service is not None:
            state = replace(states.get(frame.service, State()), messages=messages)
            if turn.speaker == "USER" and frame.state is not None:
                heard = _Heard(turn.utterance, frame.actions, frame.state.active_intent, service, state)
                actions = _plan(heard)
                if actions:
                    context = replace(state.context(turn.utterance), question=question)
                    key = f"sgd/{part}/{talk.dialogue_id}"
                    yield Example(f"{key}/{n}", "sgd", key, context, actions), service.catalog
                else:
                    left_out["no call does that"] += 1
                state = state.after(actions, service.catalog, {})
            elif turn.speaker == "SYSTEM":
                state, question = _offered(frame, service, state), _asked(frame, service)
            states[frame.service] = state
        else:
            left_out["several services, or one that finds nothing"] += turn.speaker == "USER"
        messages = (*messages, Message("user" if turn.speaker == "USER" else "assistant", turn.utterance))[-4:]


def _offered(frame: Frame, service: Service, state: State) -> State:
    titles = [v for a in frame.actions if a.act == "OFFER" and a.slot == service.title for v in a.canonical_values]
    shown = tuple(service.by_title[title] for title in titles if title in service.by_title)
    return state.showing(shown) if shown else state


def _asked(frame: Frame, service: Service) -> str:
    """The facet that the system asks about."""
    return next((a.slot for a in frame.actions if a.act == "REQUEST" and service.kind(a.slot)), "")


def _plan(heard: _Heard) -> tuple[Action, ...]:
    done = heard.done
    if done & {"NEGATE_INTENT"} or (done & {"NEGATE"} and not done & {"THANK_YOU", "GOODBYE"}):
        return ()
    if done <= {"THANK_YOU", "GOODBYE", "NEGATE"}:
        leaves = "GOODBYE" in done and ("THANK_YOU" not in done or _BYE.search(heard.text.casefold()))
        return (Chat(kind="goodbye" if leaves else "thanks"),)
    if "AFFIRM_INTENT" in done or ("INFORM_INTENT" in done and heard.intent in heard.service.bookings):
        return (*_chosen(heard), Handoff()) if heard.intent in heard.service.bookings else ()
    if "REQUEST" in done:
        return _asked_for(heard)
    if "SELECT" in done and done <= {"SELECT", "THANK_YOU", "GOODBYE"} and heard.state.shown:
        return (*_chosen(heard), Search(keep=True))
    return _search(heard) if heard.searching and done <= {"INFORM", "INFORM_INTENT", "REQUEST_ALTS"} else ()


def _chosen(heard: _Heard) -> tuple[Action, ...]:
    if "SELECT" not in heard.done or not heard.state.shown:
        return ()
    return (React(item=_pointed(heard), verdict="like"),)


def _asked_for(heard: _Heard) -> tuple[Action, ...]:
    slots = [a.slot for a in heard.acts if a.act == "REQUEST"]
    known = all(heard.service.kind(slot) for slot in slots)
    if not heard.state.shown or not known or not heard.done <= {"REQUEST", "SELECT", "THANK_YOU"}:
        return ()
    return (*_chosen(heard), *(Details(item=_pointed(heard), facet=slot) for slot in slots))


def _search(heard: _Heard) -> tuple[Action, ...]:
    informed = [a for a in heard.acts if a.act == "INFORM"]
    free = tuple(a.slot for a in informed if _ANY in a.canonical_values)
    filters = [_filter(a, heard.service) for a in informed if _ANY not in a.canonical_values]
    conditions = tuple(f for f in filters if f is not None)
    if len(conditions) < len(filters) or not all(heard.service.kind(slot) for slot in free):
        return ()
    goes_on = heard.state.last is not None and "INFORM_INTENT" not in heard.done
    if conditions or (free and goes_on):
        return (Search(filters=conditions, drop=free if goes_on else (), keep=goes_on),)
    return (Recommend(more="REQUEST_ALTS" in heard.done and bool(heard.state.shown)),)


def _filter(act: Act, service: Service) -> Filter | None:
    """A slot as a condition; None where the things have no such slot, or no such value."""
    kind, values = service.kind(act.slot), act.canonical_values
    if kind is None or not values:
        return None
    held = [value_of(kind, v) for v in values]
    if kind == "categorical" and not set(values) <= set(service.catalog.values(act.slot)):
        return None
    if any(v is None for v in held):
        return None
    told = tuple(str(v) if kind in ("categorical", "date") else v for v in held)
    return Filter.model_validate({"facet": act.slot, "op": Op.IN, "values": told})


def _pointed(heard: _Heard) -> str:
    """The thing on offer, by its name where the user says it."""
    title = heard.state.shown[0].title
    at = heard.text.casefold().find(title.casefold())
    return "[1]" if at < 0 else heard.text[at : at + len(title)]
