"""State to messages: what a language model reads, the same for serving and for training. Pure.

The first message is fixed for a catalogue, so that a server can cache it. Text of a catalogue, a person or a model
stands inside <data> and cannot end it; what is said grows with neither the dialogue nor the ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from agent.found_text import found_lines
from agent.ports import PlanContext, TellContext
from agent.profile import Preference
from agent.quoting import one_line
from agent.types import Card, Message
from agent.wording import item_label, value_text
from retrieval.catalog import Catalog, as_labels
from retrieval.manifest import FacetSpec
from retrieval.types import Item

_HERE = Path(__file__).with_name("templates")
_NAMES = ("plan.md", "reply.md")
_MESSAGES, _MESSAGE_CHARS, _TEXT_CHARS = 6, 300, 4000
_PREFERENCES, _CARDS, _REASONS = 24, 20, 3
_EXAMPLES = 8


@dataclass(frozen=True, slots=True)
class Prompt:
    """One message to a model."""

    role: Literal["system", "user"]
    text: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a prompt says about a catalogue."""

    noun: str
    nouns: str
    facets: tuple[str, ...]


def catalogue_of(catalog: Catalog) -> Catalogue:
    """Sum a catalogue up: its nouns, and a line per facet."""
    spec = catalog.spec
    kept = [(n, f) for n, f in spec.facets.items() if f.kind not in ("text", "image")]
    return Catalogue(data(spec.noun), data(spec.nouns), tuple(_facet(n, f, catalog) for n, f in kept))


def plan_messages(context: PlanContext, catalogue: Catalogue, catalog: Catalog) -> tuple[Prompt, Prompt]:
    """What the planner of a turn reads."""
    return _render(
        "plan.md",
        catalogue=catalogue,
        messages=_dialogue(context.messages),
        shown=[f"[{n}] {data(item_label(item, catalog))}" for n, item in enumerate(context.shown[:_CARDS], start=1)],
        last="" if context.last is None else data(context.last.model_dump_json(exclude_defaults=True), 600),
        preferences=_preferences(context.preferences),
        person=data(context.person),
        asked=", ".join(map(data, context.asked)),
        question=data(context.question),
        offer="" if context.offer is None else data(context.offer.model_dump_json(exclude_defaults=True), 600),
        text=data(context.text, _TEXT_CHARS),
    )


def reply_messages(context: TellContext, catalogue: Catalogue, catalog: Catalog) -> tuple[Prompt, Prompt]:
    """What the teller of a turn reads."""
    return _render(
        "reply.md",
        catalogue=catalogue,
        messages=_dialogue(context.messages[-4:]),
        preferences=_preferences(context.preferences),
        person=data(context.person),
        text=data(context.text, _TEXT_CHARS),
        found=[data(line, 400) for line in found_lines(context.observations, catalog)],
        cards=[_card(card, catalog) for card in context.cards[:_CARDS]],
        begun=data(context.begun, _TEXT_CHARS),
        language=data(context.language),
    )


@cache
def templates_hash() -> str:
    """Names the wording of the prompts, for traces."""
    return sha256(b"\0".join((_HERE / name).read_bytes() for name in _NAMES)).hexdigest()[:12]


def data(text: str, most: int = 120) -> str:
    """Text that stands as material in a prompt: one line, bounded, unable to end its fence."""
    return one_line(text, most).replace("<", "‹").replace(">", "›")


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    return environment.get_template(name)


def _render(name: str, **state: object) -> tuple[Prompt, Prompt]:
    template = _template(name)
    system, said = ("".join(template.blocks[b](template.new_context(state))).strip() for b in ("system", "state"))
    return Prompt("system", system), Prompt("user", said)


def _dialogue(messages: Sequence[Message]) -> list[str]:
    return [f"{m.role}: {data(m.text, _MESSAGE_CHARS)}" for m in messages[-_MESSAGES:]]


def _preferences(preferences: Sequence[Preference]) -> list[str]:
    """The newest ones, in words: '+ Comedy', '- horror (always avoid)'."""
    return [_preference(p) for p in preferences[-_PREFERENCES:]]


def _preference(preference: Preference) -> str:
    said = preference.said
    sign = "seen" if said.seen and not said.rated else "likes" if said.polarity > 0 else "dislikes"
    return f"{sign}: {data(said.label)}" + (" (must hold)" if said.hard else "")


def _facet(name: str, spec: FacetSpec, catalog: Catalog) -> str:
    words = [f"`{name}` ({spec.kind}): {data(spec.label)}"]
    if spec.unit:
        words.append(f"in {data(spec.unit)}")
    if spec.kind == "categorical":
        values = catalog.values(name)
        examples = ", ".join(data(v, 40) for v in list(values)[:_EXAMPLES])
        words.append(f"{len(values)} values, for example {examples}")
    elif bounds := catalog.bounds(name) if spec.kind in ("numeric", "date") else None:
        words.append("from {} to {}".format(*(_bound(b, spec) for b in bounds)))
    words += [f"more of it: {', '.join(map(data, spec.more))}"] if spec.more else []
    words += [f"less of it: {', '.join(map(data, spec.less))}"] if spec.less else []
    return "; ".join(words)


def _bound(value: float, spec: FacetSpec) -> str:
    return date.fromordinal(int(value)).isoformat() if spec.kind == "date" else f"{value:g}"


def _card(card: Card, catalog: Catalog) -> str:
    facts = "; ".join(_facts(card.item, catalog))
    reasons = "; ".join(data(r.text, 160) for r in card.reasons[:_REASONS])
    told = data(card.item.description, 240)
    parts = (f"title: {data(card.item.title)}", facts, f"reasons: {reasons}" if reasons else "", f"about: {told}")
    return f"{card.number}. " + " | ".join(p for p in parts if p)


def _facts(item: Item, catalog: Catalog) -> list[str]:
    facts: list[str] = []
    for name, spec in catalog.spec.facets.items():
        held = item.facets.get(name)
        if held is not None and spec.explainable and spec.kind not in ("text", "image"):
            shown = ", ".join(as_labels(held)[:4]) if spec.kind == "categorical" else value_text(held, spec)
            facts.append(f"{data(spec.label)}: {data(shown)}")
    return facts
