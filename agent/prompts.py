"""State to messages: what a language model reads, the same for serving and for training. Pure.

The first message is fixed for a catalogue, so that a server can cache it. Text of a catalogue, a person or a model
stands inside <data>, or behind a name on a line of its own, and cannot end either; what is said grows with neither the
dialogue nor the ledger. The full style explains every tool; the brief one is for a model that was tuned on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeAlias

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from agent.brief import brief_of
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
Style: TypeAlias = Literal["full", "brief"]
"""A folder of templates, and how much of the state they get."""
_NAMES = ("plan.md", "reply.md")


@dataclass(frozen=True, slots=True)
class _Bounds:
    """How much of the state a prompt may hold: counts, and characters of texts."""

    values: int
    messages: int
    told: int
    message: int
    text: int
    last: int
    preferences: int
    cards: int
    reasons: int
    reason: int
    found: int
    finding: int


_BOUNDS: Mapping[Style, _Bounds] = {
    "full": _Bounds(8, 6, 4, 300, 4000, 600, 24, 20, 3, 160, 100, 400),
    "brief": _Bounds(24, 2, 0, 100, 1200, 240, 8, 20, 2, 90, 10, 300),
}


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


def catalogue_of(catalog: Catalog, style: Style = "full") -> Catalogue:
    """Sum a catalogue up: its nouns, and a line per facet."""
    spec = catalog.spec
    kept = [(n, f) for n, f in spec.facets.items() if f.kind not in ("text", "image")]
    told = _facet if style == "full" else _brief_facet
    return Catalogue(data(spec.noun), data(spec.nouns), tuple(told(n, f, catalog) for n, f in kept))


def plan_messages(
    context: PlanContext, catalogue: Catalogue, catalog: Catalog, style: Style = "full"
) -> tuple[Prompt, Prompt]:
    """What the planner of a turn reads; `catalogue` is of the same style."""
    most = _BOUNDS[style]
    return _render(
        f"{style}/plan.md",
        catalogue=catalogue,
        messages=_dialogue(context.messages, most),
        shown=[f"[{n}] {data(item_label(item, catalog))}" for n, item in enumerate(context.shown[: most.cards], 1)],
        last="" if context.last is None else data(context.last.model_dump_json(exclude_defaults=True), most.last),
        preferences=_preferences(context.preferences, most),
        person=data(context.person),
        asked=", ".join(map(data, context.asked)),
        question=data(context.question),
        offer="" if context.offer is None else data(context.offer.model_dump_json(exclude_defaults=True), most.last),
        text=data(context.text, most.text),
    )


def reply_messages(
    context: TellContext, catalogue: Catalogue, catalog: Catalog, style: Style = "full"
) -> tuple[Prompt, Prompt]:
    """What the teller of a turn reads; `catalogue` is of the same style."""
    most = _BOUNDS[style]
    found, cards = _told(context, catalog, most) if style == "full" else _brief(context, catalog, most)
    return _render(
        f"{style}/reply.md",
        catalogue=catalogue,
        messages=_dialogue(context.messages[-most.told :] if most.told else (), most),
        preferences=_preferences(context.preferences, most),
        person=data(context.person),
        text=data(context.text, most.text),
        found=found,
        cards=cards,
        begun=data(context.begun, most.text),
        language=data(context.language),
    )


@cache
def templates_hash(style: Style = "full") -> str:
    """Names the wording of the prompts, for traces and for what was tuned on them."""
    return sha256(b"\0".join((_HERE / style / name).read_bytes() for name in _NAMES)).hexdigest()[:12]


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


def _dialogue(messages: Sequence[Message], most: _Bounds) -> list[str]:
    return [f"{m.role}: {data(m.text, most.message)}" for m in messages[-most.messages :]]


def _preferences(preferences: Sequence[Preference], most: _Bounds) -> list[str]:
    """The newest ones, in words: 'likes: Comedy', 'dislikes: horror (must hold)'."""
    return [_preference(p) for p in preferences[-most.preferences :]]


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
        examples = ", ".join(data(v, 40) for v in list(values)[: _BOUNDS["full"].values])
        words.append(f"{len(values)} values, for example {examples}")
    elif bounds := catalog.bounds(name) if spec.kind in ("numeric", "date") else None:
        words.append("from {} to {}".format(*(_bound(b, spec) for b in bounds)))
    words += [f"more of it: {', '.join(map(data, spec.more))}"] if spec.more else []
    words += [f"less of it: {', '.join(map(data, spec.less))}"] if spec.less else []
    return "; ".join(words)


def _bound(value: float, spec: FacetSpec) -> str:
    return date.fromordinal(int(value)).isoformat() if spec.kind == "date" else f"{value:g}"


def _brief_facet(name: str, spec: FacetSpec, catalog: Catalog) -> str:
    """'genres: Action, Comedy', 'year: 1950 to 2023', 'cast: names': what a tuned model copies from."""
    if spec.kind == "boolean":
        return f"{name}: true, false"
    if spec.kind != "categorical":
        bounds = catalog.bounds(name)
        return (
            f"{name}: {spec.kind}"
            if bounds is None
            else "{}: {} to {}".format(name, *(_bound(b, spec) for b in bounds))
        )
    values = list(catalog.values(name))
    most = _BOUNDS["brief"].values
    if spec.people or len(values) > 4 * most:
        return f"{name}: names"
    return f"{name}: {', '.join(data(v, 40) for v in values[:most])}"


def _told(context: TellContext, catalog: Catalog, most: _Bounds) -> tuple[list[str], list[str]]:
    """What was found, and the cards with what is known of them."""
    found = [data(line, most.finding) for line in found_lines(context.observations, catalog)[: most.found]]
    return found, [_card(card, catalog, most) for card in context.cards[: most.cards]]


def _brief(context: TellContext, catalog: Catalog, most: _Bounds) -> tuple[list[str], list[str]]:
    brief = brief_of(context, catalog)
    found = [data(line, most.finding) for line in brief.found[: most.found]]
    return found, [data(line, most.finding) for line in brief.cards[: most.cards]]


def _card(card: Card, catalog: Catalog, most: _Bounds) -> str:
    facts = "; ".join(_facts(card.item, catalog))
    reasons = "; ".join(data(r.text, most.reason) for r in card.reasons[: most.reasons])
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
