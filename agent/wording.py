"""How items, values, conditions and statements are written for people, in the words of a language. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from agent.languages import DEFAULT, words_of
from agent.phrases import Phrases
from agent.profile import Preference, Statement
from retrieval.catalog import Catalog
from retrieval.evidence import shown
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.translation import Translation
from retrieval.types import Constraint, FacetValue, Item, Op, Scalar

_BEFORE_NUMBER = frozenset("$€£¥")
_MOMENTS = ("year", "date", "released")
_WHOLE_YEARS = {Op.GT: (Op.GE, 1), Op.LT: (Op.LE, -1)}
_SET_APART = 10_000
"""Thousands are set apart from here on."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A catalogue in one language; what it has no words for there is told in its own."""

    catalog: Catalog
    spec: CatalogSpec
    translation: Translation
    phrases: Phrases

    def labelled(self, preferences: Iterable[Preference]) -> tuple[Preference, ...]:
        """Records of the ledger with their labels in this language; wishes stay in the person's own words."""
        return tuple(replace(p, said=replace(p.said, label=self.said(p.said))) for p in preferences)

    def facet(self, name: str) -> FacetSpec:
        """A facet with its label, unit and comparatives; CatalogError if there is none of that name."""
        self.catalog.facet(name)
        return self.spec.facets[name]

    def value(self, facet: str, value: FacetValue | Scalar) -> str:
        """A facet value as text: several have commas, numbers their unit, years no separators."""
        if isinstance(value, tuple):
            return self.phrases.typing.comma.join(self.value(facet, v) for v in value)
        if isinstance(value, str):
            return self.translation.values.get(facet, {}).get(value, value)
        return _scalar(value, self.facet(facet), self.phrases, money=self.family(facet) == "money")

    def named_value(self, facet: str, value: Scalar) -> str:
        """One value as a person would name it: words stand alone, numbers with their facet."""
        spec, text = self.facet(facet), self.value(facet, value)
        if spec.kind == "categorical":
            return text
        return self.flag(facet, value) if isinstance(value, bool) else self._labelled(spec, text)

    def flag(self, facet: str, holds: bool) -> str:
        """A yes-or-no facet: 'in stock', 'not in stock'."""
        label = self.facet(facet).label
        return label if holds else self.translation.negated.get(facet) or self.phrases.part("negated", label=label)

    def announced(self, facet: str, values: str, *, shortly: bool = False) -> str:
        """Values with the words by which the catalogue announces them: 'directed by Ann'; '' if it has none."""
        if pattern := self.translation.announced.get(facet):
            sign = self.phrases.typing.unspaced
            spaced = re.sub(rf"(?<={sign})(?={{values}})|(?<={{values}})(?={sign})", " ", pattern)
            before, _, after = spaced.partition("{values}")
            return self.phrases.joined(before, values, after)
        phrases = self.facet(facet).phrases if self.phrases.name == _file_of(DEFAULT) else ()
        phrase = next(iter(phrases), "") if shortly else max(phrases, key=len, default="")
        return f"{phrase} {values}" if phrase else ""

    def condition(self, condition: Constraint) -> str:
        """A condition in words: 'Comedy or Drama', 'no Horror', 'year before 2000', 'price at most $25'."""
        spec = self.facet(condition.facet)
        texts = list(dict.fromkeys(self.value(condition.facet, v) for v in condition.values))
        if spec.kind == "categorical":
            either = self.phrases.listed(texts, "or")
            return either if condition.op is Op.IN else self.phrases.part("no_values", values=either)
        if spec.kind == "boolean":
            return self.flag(condition.facet, (condition.op is Op.IN) == (True in condition.values))
        if condition.op is Op.IN:
            return self._labelled(spec, self.phrases.listed(texts, "or"))
        return self._labelled(spec, self.bound(condition, "measure" if self.family(condition.facet) == "money" else ""))

    def bound(self, condition: Constraint, family: str = "") -> str:
        """A condition on a number or a day without the facet's name: 'before 2000', 'under $25'."""
        values = [self.value(condition.facet, v) for v in condition.values]
        key = f"{family or self.family(condition.facet)}_{condition.op.name.lower()}"
        return self.phrases.part(key, value=self.phrases.listed(values, "or"))

    def between(self, lower: Constraint, upper: Constraint) -> str:
        """Both ends of a range, without the facet's name: 'from 1990 to 1999'."""
        family = self.family(lower.facet)
        if family == "year":
            lower, upper = _whole_year(lower), _whole_year(upper)
        low, high = (self.value(c.facet, c.values[0]) for c in (lower, upper))
        return self.phrases.part(f"{family}_between", low=low, high=high)

    def family(self, facet: str) -> str:
        """How conditions on a facet are put: as a 'date', a 'year', 'money', or any other 'measure'."""
        own = self.catalog.facet(facet)
        if own.kind == "date":
            return "date"
        return "year" if facet in _MOMENTS else "money" if own.unit in _BEFORE_NUMBER else "measure"

    def said(self, said: Statement) -> str:
        """A statement of the ledger: what it is about in this language, or a wish as the person put it."""
        if said.kind == "item":
            item = self.catalog.get(str(said.values[0]))
            return item_label(item, self.catalog) if item else said.label
        if said.kind == "wish" or said.facet not in self.spec.facets or not said.values:
            return said.label
        if said.kind == "facet":
            return self.named_value(said.facet, said.values[0])
        return self.condition(Constraint(said.facet, said.op, said.values))

    def _labelled(self, spec: FacetSpec, text: str) -> str:
        return self.phrases.part("labelled", label=spec.label, value=text).strip()


def wording_of(catalog: Catalog, language: str = DEFAULT) -> Wording:
    """A catalogue in a language; AgentError if there is no such language."""
    read = words_of(language)
    translation = catalog.translations.get(language, Translation())
    phrases = Phrases(_file_of(language), read.words, read.text)
    return Wording(catalog, translation.spec(catalog.spec), translation, phrases)


def _scalar(value: float | bool | date, spec: FacetSpec, phrases: Phrases, *, money: bool) -> str:
    if isinstance(value, bool):
        return phrases.part("yes" if value else "no")
    return value.isoformat() if isinstance(value, date) else _number(float(value), spec, phrases, money=money)


def _number(value: float, spec: FacetSpec, phrases: Phrases, *, money: bool) -> str:
    digits = 0 if value == int(value) else 2
    text = f"{value:,.{digits}f}" if abs(value) >= _SET_APART and spec.grouped else f"{value:.{digits}f}"
    if digits and not money:
        text = text.rstrip("0")
    if spec.unit in _BEFORE_NUMBER:
        return f"{spec.unit}{text}"
    return phrases.part("unit", value=text, unit=spec.unit) if spec.unit else text


def item_label(item: Item, catalog: Catalog) -> str:
    """Title, and in brackets what tells items of one name apart: 'Heat (1995)'; the same in every language."""
    value = item.facets.get(distinguishing(catalog))
    return item.title if value is None or isinstance(value, tuple) else f"{item.title} ({shown(value)})"


def distinguishing(catalog: Catalog) -> str:
    """Name of the facet that is written behind a title: a year if there is one; '' otherwise."""
    return next((n for n in _MOMENTS if n in catalog.spec.facets), "")


def value_text(value: FacetValue | Scalar, spec: FacetSpec) -> str:
    """A facet value in English and in the catalogue's own words, for a model to read."""
    read = words_of(DEFAULT)
    if isinstance(value, str | tuple):
        return value if isinstance(value, str) else read.text.comma.join(value)
    phrases = Phrases(_file_of(DEFAULT), read.words, read.text)
    return _scalar(value, spec, phrases, money=spec.unit in _BEFORE_NUMBER)


def condition_label(condition: Constraint, catalog: Catalog) -> str:
    """A condition in English, for a model to read."""
    return wording_of(catalog).condition(condition)


def _file_of(language: str) -> str:
    return f"wording.{language}.toml"


def _whole_year(bound: Constraint) -> Constraint:
    """'after 1989' is 'from 1990'."""
    op, step = _WHOLE_YEARS.get(bound.op, (bound.op, 0))
    year = bound.values[0]
    return Constraint(bound.facet, op, (year + step,)) if isinstance(year, int | float) else bound
