"""A catalogue in another language, from the `[labels]` of `aliases.<code>.toml`: how it is told and called."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from retrieval.errors import CatalogError
from retrieval.manifest import CatalogSpec, FacetSpec

_Words: TypeAlias = Annotated[
    tuple[str, ...], BeforeValidator(lambda words: [words] if isinstance(words, str) else words)
]
"""One word, or several."""


class Translation(BaseModel):
    """How a catalogue is told in one language; what is left out stays in the catalogue's own words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = ""
    """Of the catalogue: 'Films'."""
    noun: str = ""
    nouns: str = ""
    """The noun when empty."""
    counter: str = ""
    """The word between a number and the noun, in languages that have one: 'head' in 'three head of cattle'."""
    prompts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Further words that people use for an item."""
    before: dict[str, _Words] = Field(default_factory=dict)
    """Per facet, words that announce a value: 'directed by'."""
    after: dict[str, _Words] = Field(default_factory=dict)
    """Per facet, words behind a value that say the same."""
    facets: dict[str, str] = Field(default_factory=dict)
    """Facet labels: genre, price."""
    plurals: dict[str, str] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    negated: dict[str, str] = Field(default_factory=dict)
    """Labels of yes-or-no facets when the answer is no: 'sold out'."""
    announced: dict[str, str] = Field(default_factory=dict)
    """How values of a facet qualify the noun: 'directed by {values}'."""
    more: dict[str, _Words] = Field(default_factory=dict)
    less: dict[str, _Words] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Per facet, what values are called."""

    def spec(self, own: CatalogSpec) -> CatalogSpec:
        """A catalogue's specification in this language."""
        facets = {name: self._facet(name, facet) for name, facet in own.facets.items()}
        noun = self.noun or own.noun
        return own.model_copy(
            update={
                "title": self.title or own.title,
                "noun": noun,
                "nouns": self.nouns or self.noun or own.nouns,
                "prompts": self.prompts or own.prompts,
                "facets": facets,
            }
        )

    def heard(self, own: CatalogSpec) -> CatalogSpec:
        """A catalogue as people speak of it in this language: in these words, or in the catalogue's own among them."""
        told = self.spec(own)
        facets = {name: self._heard(name, facet, own.facets[name]) for name, facet in told.facets.items()}
        words = tuple(dict.fromkeys((own.noun, own.nouns, *own.words, *self.words)))
        return told.model_copy(update={"words": words, "facets": facets})

    def _heard(self, name: str, told: FacetSpec, own: FacetSpec) -> FacetSpec:
        phrases = (*self.before.get(name, ()), *self.after.get(name, ()), *own.phrases)
        more, less = (tuple(dict.fromkeys(words)) for words in (told.more + own.more, told.less + own.less))
        update = {"unit": own.unit, "phrases": phrases, "more": more, "less": less}
        return told.model_copy(update=update)

    def _facet(self, name: str, own: FacetSpec) -> FacetSpec:
        label = self.facets.get(name)
        return own.model_copy(
            update={
                "label": label or own.label,
                "plural": self.plurals.get(name) or label or own.plural,
                "unit": self.units.get(name, own.unit),
                "more": self.more.get(name, own.more),
                "less": self.less.get(name, own.less),
            }
        )


class _Defaults(BaseModel):
    """What any catalogue is called in a language, by the English words of its manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    noun: str
    counter: str
    words: tuple[str, ...]
    labels: dict[str, str]
    compared: dict[str, tuple[str, ...]]

    def behind(self, told: Translation, own: CatalogSpec) -> Translation:
        """A translation with these words wherever it says nothing."""
        labels = {
            n: self.labels[f.label.casefold()] for n, f in own.facets.items() if f.label.casefold() in self.labels
        }
        update: dict[str, object] = {"facets": labels | told.facets}
        for side in ("more", "less"):
            words = {name: self._compared(getattr(facet, side)) for name, facet in own.facets.items()}
            update[side] = {name: found for name, found in words.items() if found} | getattr(told, side)
        if not told.noun:
            update |= {"noun": self.noun, "counter": self.counter, "words": (*told.words, *self.words)}
        return told.model_copy(update=update)

    def _compared(self, words: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(said for word in words for said in self.compared.get(word, ())))


@cache
def _defaults() -> Mapping[str, _Defaults]:
    paths = sorted(Path(__file__).parent.glob("defaults.*.toml"))
    return {p.name.split(".")[1]: _Defaults(**tomllib.loads(p.read_text(encoding="utf-8"))) for p in paths}


def load_translations(paths: Iterable[Path], spec: CatalogSpec) -> dict[str, Translation]:
    """Read the `[labels]` of alias files, by language code, and behind them what any catalogue is called in a language.

    CatalogError quotes what cannot be used.
    """
    found: dict[str, Translation] = {}
    for path in sorted(paths):
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            read = _with_aliases(Translation.model_validate(table.get("labels", {})), table, spec)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
            raise CatalogError(f"{path.name!r} cannot be read: {e}; repair or remove it") from e
        except ValidationError as e:
            raise CatalogError(f"{path.name!r} [labels] cannot be used: {e}".replace("\n", "; ")) from e
        if unknown := sorted(_facets_of(read) - spec.facets.keys()):
            known = ", ".join(spec.facets)
            raise CatalogError(f"{path.name!r} [labels]: no facet {unknown[0]!r} in this catalogue; it has {known}")
        found[path.name.split(".")[1]] = read
    behind = {code: words.behind(found.get(code, Translation()), spec) for code, words in _defaults().items()}
    return found | behind


def _with_aliases(read: Translation, table: Mapping[str, object], spec: CatalogSpec) -> Translation:
    """A value without a label goes by the first of its other words; people keep the name that the catalogue has."""
    if read == Translation():
        return read
    values = dict(read.values)
    for facet, own in spec.facets.items():
        words = table.get(facet)
        if isinstance(words, dict) and not own.people:
            first = {v: w[0] if isinstance(w, list) else w for v, w in words.items() if w}
            values[facet] = {**{v: w for v, w in first.items() if isinstance(w, str)}, **values.get(facet, {})}
    return read.model_copy(update={"values": values})


def _facets_of(read: Translation) -> set[str]:
    tables = (
        *(read.facets, read.plurals, read.units, read.negated, read.announced),
        *(read.more, read.less, read.values, read.before, read.after),
    )
    return {facet for table in tables for facet in table}
