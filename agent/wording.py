"""How items, values and conditions are written for people, from the manifest alone. Pure."""

from datetime import date

from retrieval.catalog import Catalog
from retrieval.manifest import FacetSpec
from retrieval.types import Constraint, FacetValue, Item, Op, Scalar

_BEFORE_NUMBER = frozenset("$€£¥")
_MOMENTS = ("year", "date", "released")


def item_label(item: Item, catalog: Catalog) -> str:
    """Title, and in brackets what tells items of one name apart: 'Heat (1995)'."""
    told_apart = distinguishing(catalog)
    value = item.facets.get(told_apart) if told_apart else None
    if value is None or isinstance(value, tuple):
        return item.title
    return f"{item.title} ({value_text(value, catalog.facet(told_apart))})"


def distinguishing(catalog: Catalog) -> str:
    """Name of the facet that is written behind a title: a year if there is one; '' otherwise."""
    return next((n for n in _MOMENTS if n in catalog.spec.facets), "")


def value_label(facet: str, value: Scalar, catalog: Catalog) -> str:
    """One value as a person would name it: words stand alone, numbers with their facet."""
    spec = catalog.facet(facet)
    text = value_text(value, spec)
    return text if spec.kind == "categorical" else f"{spec.label} {text}"


def value_text(value: FacetValue | Scalar, spec: FacetSpec) -> str:
    """A facet value as text: '1h 52min' stays '112 min', years have no separators, several values have commas."""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number_text(float(value), spec)
    return value


def condition_label(condition: Constraint, catalog: Catalog) -> str:
    """A condition in words: 'Comedy or Drama', 'no Horror', 'year before 2000', 'runtime up to 120 min'."""
    spec = catalog.facet(condition.facet)
    texts = [value_text(v, spec) for v in condition.values]
    if spec.kind == "categorical":
        return " or ".join(texts) if condition.op is Op.IN else "no " + " or ".join(texts)
    moment = spec.kind == "date" or condition.facet in _MOMENTS
    words = _DATED if moment else _MEASURED
    return f"{spec.label} {words[condition.op].format(' or '.join(texts))}".strip()


_DATED = {
    Op.IN: "{}",
    Op.NOT_IN: "not {}",
    Op.GE: "from {} on",
    Op.LE: "up to {}",
    Op.GT: "after {}",
    Op.LT: "before {}",
}
_MEASURED = {
    Op.IN: "{}",
    Op.NOT_IN: "not {}",
    Op.GE: "at least {}",
    Op.LE: "at most {}",
    Op.GT: "over {}",
    Op.LT: "under {}",
}


def _number_text(value: float, spec: FacetSpec) -> str:
    text = f"{value:.0f}" if value == int(value) else f"{value:.2f}"
    if not spec.unit:
        return text
    return f"{spec.unit}{text}" if spec.unit in _BEFORE_NUMBER else f"{text} {spec.unit}"
