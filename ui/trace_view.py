"""What a turn did and what it stands on, as JSON values: the calls that ran, and a citation per card. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum

from pydantic import BaseModel

from agent.plan import Action, Plan
from agent.profile import Preference
from agent.types import Card, Step
from retrieval.catalog import Catalog
from retrieval.types import Candidate, Evidence, Item
from ui.json_values import Json, plain_value

_SPAN = re.compile(r"description:(\d+)-(\d+)")
_WEB = ("https://", "http://")


def plan_view(plan: Plan) -> list[object]:
    """Tool calls, each with the arguments that were given."""
    return [_call(action) for action in plan.actions]


def trace_view(steps: Sequence[Step]) -> list[object]:
    """The calls as they ran: tool, arguments, what was observed, milliseconds."""
    return [
        {**_call(step.action), "observed": [observation_view(o) for o in step.observations], "ms": round(step.ms, 3)}
        for step in steps
    ]


def observation_view(observation: object) -> Json:
    """One observation: its type ('found', 'noted', …) and its fields; items by id and title."""
    name = type(observation).__name__
    kind = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
    return {"type": kind, **_fields(observation)}


def citations_view(cards: Sequence[Card], catalog: Catalog) -> list[object]:
    """Per card where it can be checked: the web address the catalogue gives, and every piece of evidence, quoted."""
    return [
        {
            "number": card.number,
            "item_id": card.item.item_id,
            "title": card.item.title,
            "url": source_url(card.item, catalog) or None,
            "evidence": [_cited(e, card.item) for reason in card.reasons for e in reason.evidence],
        }
        for card in cards
    ]


def source_url(item: Item, catalog: Catalog) -> str:
    """The web address that the catalogue holds for an item, '' if it holds none."""
    held = (item.facets.get(name) for name, spec in catalog.spec.facets.items() if spec.kind == "text")
    return next((value for value in held if isinstance(value, str) and value.startswith(_WEB)), "")


def evidence_view(evidence: Evidence) -> Json:
    """One piece of evidence."""
    return {
        "kind": evidence.kind,
        "ref": evidence.ref,
        "detail": evidence.detail,
        "weight": round(evidence.weight, 6),
    }


def _cited(evidence: Evidence, item: Item) -> Json:
    return {**evidence_view(evidence), "span": _span(evidence, item)}


def _span(evidence: Evidence, item: Item) -> Json | None:
    place = _SPAN.fullmatch(evidence.ref)
    if place is None:
        return None
    start, end = int(place[1]), int(place[2])
    return {"field": "description", "start": start, "end": end, "text": item.description[start:end]}


def _call(action: Action) -> Json:
    given: Mapping[str, object] = action.model_dump(mode="json", exclude_defaults=True)
    return {"tool": action.tool, "arguments": {name: value for name, value in given.items() if name != "tool"}}


def _fields(value: object) -> Json:
    return {f.name: _value(getattr(value, f.name)) for f in fields(value)} if is_dataclass(value) else {}


def _value(value: object) -> object:
    match value:
        case Item():
            return {"item_id": value.item_id, "title": value.title}
        case Candidate():
            return {"item_id": value.item.item_id, "title": value.item.title, "score": round(value.score, 6)}
        case Preference():
            return {"id": value.id, "label": value.said.label, "polarity": value.said.polarity}
        case Enum() | str() | bool() | int() | float() | date() | None:
            return plain_value(value)
        case BaseModel():
            return value.model_dump(mode="json", exclude_defaults=True)
        case Mapping():
            return {str(name): _value(held) for name, held in value.items()}
        case tuple() | list() | frozenset():
            return [_value(held) for held in value]
        case _:
            return _fields(value)
