"""The services of Schema-Guided Dialogue as small catalogues: what they returned are the items, their slots the facets.

Data: Rastogi et al. 2020, 'Towards Scalable Multi-Domain Conversational Agents', CC BY-SA 4.0.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict

from retrieval.catalog import Catalog
from retrieval.manifest import CatalogSpec, FacetKind, FacetSpec
from retrieval.types import FacetValue, Item

_LEAST_ITEMS = 10
_NUMBER = re.compile(r"\$?-?\d+(?:\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NAME = re.compile(r"_(?:name|title)$")


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Intent(_Read):
    """Something a service does."""

    name: str
    is_transactional: bool
    required_slots: tuple[str, ...] = ()
    optional_slots: Mapping[str, str] = {}


class Schema(_Read):
    """What a service says about itself."""

    service_name: str
    intents: tuple[Intent, ...]


class Act(_Read):
    """One thing that a speaker does."""

    act: str
    slot: str = ""
    canonical_values: tuple[str, ...] = ()


class Call(_Read):
    """What a service was asked."""

    method: str


class Held(_Read):
    """What is believed of a service at a turn."""

    active_intent: str


class Frame(_Read):
    """A turn's part for one service."""

    service: str
    actions: tuple[Act, ...] = ()
    state: Held | None = None
    service_call: Call | None = None
    service_results: tuple[Mapping[str, str], ...] = ()


class Turn(_Read):
    """One message."""

    speaker: str
    utterance: str
    frames: tuple[Frame, ...]


class Dialogue(_Read):
    """One conversation."""

    dialogue_id: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """A service that finds things."""

    catalog: Catalog
    title: str
    """The slot that names a thing."""
    searches: frozenset[str]
    """Intents that find things."""
    bookings: frozenset[str]
    """Intents that a person from the staff would take over: to reserve, to buy. To play something is none."""
    by_title: Mapping[str, Item]

    def kind(self, slot: str) -> FacetKind | None:
        """What a slot holds; None for one that things do not have."""
        spec = self.catalog.spec.facets.get(slot)
        return None if spec is None else spec.kind


def services_of(dialogues: Sequence[Dialogue], schemas: Sequence[Schema]) -> dict[str, Service]:
    """Every service that finds things, by name; one with hardly any results is left out."""
    found: dict[str, list[tuple[str, Mapping[str, str]]]] = defaultdict(list)
    offered: dict[str, Counter[str]] = defaultdict(Counter)
    for frame in (f for d in dialogues for t in d.turns for f in t.frames):
        if frame.service_call is not None:
            found[frame.service] += [(frame.service_call.method, result) for result in frame.service_results]
        offered[frame.service].update(a.slot for a in frame.actions if a.act == "OFFER")
    built = (_service(schema, found[schema.service_name], offered[schema.service_name]) for schema in schemas)
    return {name: service for name, service in built if service is not None}


def value_of(kind: FacetKind, text: str) -> FacetValue | None:
    """A slot's value as a facet has it; None for one that does not fit."""
    match kind:
        case "boolean":
            return text == "True" if text in ("True", "False") else None
        case "numeric":
            return float(text.lstrip("$")) if _NUMBER.fullmatch(text) else None
        case "date":
            return date.fromisoformat(text) if _DATE.fullmatch(text) else None
        case _:
            return text


def _service(
    schema: Schema, results: Sequence[tuple[str, Mapping[str, str]]], offered: Counter[str]
) -> tuple[str, Service | None]:
    title = _title(schema, offered)
    searches = frozenset(i.name for i in schema.intents if not i.is_transactional and title not in i.required_slots)
    rows = [result for method, result in results if method in searches and result.get(title)]
    by_title: dict[str, Mapping[str, str]] = {}
    for row in rows:
        by_title.setdefault(row[title], row)
    if not title or len(by_title) < _LEAST_ITEMS:
        return schema.service_name, None
    asked = {s for i in schema.intents if i.name in searches for s in (*i.required_slots, *i.optional_slots)}
    facets = _facets(rows, title, asked)
    items = {name: _item(n, row, title, facets) for n, (name, row) in enumerate(by_title.items())}
    noun = _NAME.sub("", title).replace("_", " ")
    spec = CatalogSpec(name="sgd", noun=noun, nouns=_plural(noun), facets=facets)
    bookings = frozenset(i.name for i in schema.intents if i.is_transactional and not i.name.startswith("Play"))
    return schema.service_name, Service(Catalog(tuple(items.values()), spec), title, searches, bookings, items)


def _title(schema: Schema, offered: Counter[str]) -> str:
    """The slot that names what is offered: of those called a name or a title, the one offered most."""
    finding = [i for i in schema.intents if not i.is_transactional]
    named = [s for s, _ in offered.most_common() if _NAME.search(s) or s in ("title", "track")]
    return next((s for s in named if any(s not in i.required_slots for i in finding)), "")


def _facets(rows: Sequence[Mapping[str, str]], title: str, asked: Set[str]) -> dict[str, FacetSpec]:
    """Slots as facets. What no search takes (a phone number) is told like names: its values are not worth listing."""
    slots = dict.fromkeys(slot for row in rows for slot in row if slot != title)
    return {
        slot: FacetSpec(
            kind=_kind({row[slot] for row in rows if row.get(slot)}),
            label=slot.replace("_", " "),
            people=slot not in asked,
        )
        for slot in slots
    }


def _kind(values: Iterable[str]) -> FacetKind:
    """The narrowest kind that all values are of."""
    kinds: tuple[FacetKind, ...] = ("boolean", "numeric", "date")
    held = [v for v in values if v != "dontcare"]
    return next((kind for kind in kinds if held and all(value_of(kind, v) is not None for v in held)), "categorical")


def _item(number: int, row: Mapping[str, str], title: str, facets: Mapping[str, FacetSpec]) -> Item:
    held = {slot: value_of(facets[slot].kind, text) for slot, text in row.items() if slot != title and text}
    return Item(f"s{number}", row[title], "", {slot: value for slot, value in held.items() if value is not None})


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
