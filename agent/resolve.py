"""From the words of a plan to things of the catalogue: items, facet values, conditions. Pure over the catalogue.

What is not surely in the catalogue comes back as Unresolved, with suggestions; nothing is silently replaced.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from agent.languages import DEFAULT
from agent.observations import Unresolved
from agent.plan import Filter, Mention
from agent.wording import Wording, wording_of
from retrieval.catalog import Catalog
from retrieval.entities import Linker
from retrieval.manifest import FacetSpec
from retrieval.types import Constraint, Item, Op, Scalar
from retrieval.values import Meaning

TITLED = re.compile(r"[《〈「『]([^《〈「『》〉」』]+)[》〉」』]")
"""A title as scripts without capitals mark it."""
_NUMBERED = re.compile(r"\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True)
class Scene:
    """What mentions are resolved against: the catalogue and the list shown last."""

    catalog: Catalog
    linker: Linker
    shown: tuple[Item, ...] = ()
    language: str = DEFAULT
    """Of what is written down about things."""

    @property
    def wording(self) -> Wording:
        """How things are written."""
        return wording_of(self.catalog, self.language)


@dataclass(frozen=True, slots=True)
class Valued:
    """A facet value, as the catalogue spells it."""

    facet: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Free:
    """Words that name nothing in the catalogue: a wish to search for by meaning."""

    text: str


Thing: TypeAlias = Item | Valued | Free | Unresolved


def item_of(mention: Mention, scene: Scene) -> Item | Unresolved:
    """Resolve a mention that must be an item."""
    numbered = _NUMBERED.fullmatch(mention.strip())
    if numbered:
        place = int(numbered[1]) - 1
        return scene.shown[place] if 0 <= place < len(scene.shown) else Unresolved(mention)
    if mention.startswith("id:"):
        return scene.catalog.get(mention[3:]) or Unresolved(mention[3:])
    link = scene.linker.link(mention)
    items = tuple(i for c in link.candidates if (i := scene.catalog.get(c.item_id)))
    if link.status == "sure" and items:
        return items[0]
    return Unresolved(TITLED.sub(r"\1", mention), items[:3])


def thing_of(mention: Mention, scene: Scene) -> Thing:
    """Resolve a mention that may be an item, a facet value or free words."""
    facet, colon, value = mention.partition(":")
    if colon and facet.strip() in scene.catalog.spec.facets:
        return valued(facet.strip(), value.strip(), scene) or Unresolved(value.strip())
    if mention.startswith(("[", "id:")):
        return item_of(mention, scene)
    found = scene.linker.value(mention)
    if found is not None:
        return Valued(found.facet, found.value)
    item = item_of(mention, scene)
    if isinstance(item, Item) or item.suggestions:
        return item
    return item if _is_unknown_name(mention, scene) else Free(mention.strip())


def _is_unknown_name(mention: str, scene: Scene) -> bool:
    """Marked as a title, or written like a name with a word in it that neither the language nor the catalogue has."""
    if TITLED.fullmatch(mention.strip()):
        return True
    return any(w[:1].isupper() and not scene.linker.knows(w) for w in re.findall(r"[^\W\d_]{3,}", mention))


def valued(facet: str, value: str, scene: Scene) -> Valued | None:
    """A facet value in the catalogue's spelling; None if no item has it."""
    if scene.catalog.facet(facet).kind != "categorical":
        scalar = scalar_of(value, scene.catalog.facet(facet))
        return None if scalar is None else Valued(facet, scalar)
    found = scene.linker.value(value, facet) or _misspelt(value, facet, scene)
    return None if found is None else Valued(facet, found.value)


def _misspelt(value: str, facet: str, scene: Scene) -> Meaning | None:
    """A name with slips, as messages have them, when it is the whole of the value."""
    spans = [s for s in scene.linker.find(value) if s.start == 0 and s.end == len(value)]
    return next((m for s in spans for m in s.meanings if m.facet == facet), None)


def condition_of(asked: Filter, scene: Scene) -> Constraint | Unresolved:
    """Resolve a filter of the plan; a value that no item has is told, not dropped."""
    spec = scene.catalog.spec.facets.get(asked.facet)
    if spec is None or not spec.filterable:
        return Unresolved(asked.facet)
    values: list[Scalar] = []
    for raw in asked.values:
        value = _value(asked.facet, raw, spec, scene)
        if value is not None:
            values.append(value)
        elif asked.op is not Op.NOT_IN:
            return Unresolved(str(raw))
    if not values:
        return Unresolved(", ".join(map(str, asked.values)))
    return Constraint(asked.facet, asked.op, tuple(values))


def conditions_of(filters: Sequence[Filter], scene: Scene) -> tuple[tuple[Constraint, ...], tuple[Unresolved, ...]]:
    """Resolve filters; those that cannot be resolved come back beside the rest."""
    resolved = [condition_of(f, scene) for f in filters]
    good = tuple(dict.fromkeys(c for c in resolved if isinstance(c, Constraint)))
    return good, tuple(u for u in resolved if isinstance(u, Unresolved))


def scalar_of(value: str | float | bool, spec: FacetSpec) -> Scalar | None:
    """Read a value of a numeric, boolean or date facet; None if it is not one."""
    if spec.kind == "date":
        return _date(str(value))
    if spec.kind == "boolean":
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        return value if isinstance(value, bool) else words.get(str(value).strip().casefold())
    try:
        return float(value)
    except ValueError:
        return None


def _value(facet: str, raw: str | float | bool, spec: FacetSpec, scene: Scene) -> Scalar | None:
    if spec.kind != "categorical":
        return scalar_of(raw, spec)
    found = valued(facet, str(raw), scene)
    return None if found is None else found.value


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None
