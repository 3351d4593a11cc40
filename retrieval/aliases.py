"""Other words for catalogue things, from `aliases.<lang>.toml`: for facet values, several at once, and items."""

import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from retrieval.catalog import Catalog
from retrieval.errors import CatalogError
from retrieval.translation import load_translations

_TABLE = TypeAdapter(dict[str, dict[str, object]])
_WORDS = TypeAdapter(list[str])
_GROUP = TypeAdapter(dict[str, list[str]])
_SECTIONS = ("groups", "titles")
_TOLD = "labels"
"""The section of what is shown: see retrieval.translation."""


class AliasOfNothing(CatalogError):
    """An alias of a value or an item that the catalogue does not have."""


@dataclass(frozen=True, slots=True)
class Aliases:
    """Words as people write them, checked against the catalogue."""

    values: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """(facet, value): its other words."""
    groups: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """A word for several (facet, value) at once, all of them meant."""
    titles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """A nickname: item ids, usually one."""


def load_aliases(paths: Iterable[Path], catalog: Catalog, *, strict: bool = True) -> Aliases:
    """Read and join alias files; CatalogError quotes the file and the entry that cannot be used.

    Not strict: what names a value or an item that is gone from the catalogue is left out, as items come and go.
    """
    gone = () if strict else (AliasOfNothing,)
    values: dict[tuple[str, str], tuple[str, ...]] = {}
    groups: dict[str, tuple[tuple[str, str], ...]] = {}
    titles: dict[str, tuple[str, ...]] = {}
    for path in sorted(paths):
        table = _read(path)
        for section in table.keys() - {*_SECTIONS, _TOLD}:
            for value, words in table[section].items():
                with suppress(*gone):
                    _known_value(path, section, value, catalog)
                    key = (section, value)
                    values[key] = (*values.get(key, ()), *_strings(path, section, value, words))
        for word, facets in table.get("groups", {}).items():
            with suppress(*gone):
                groups[word] = _group(path, word, facets, catalog)
        for word, ids in table.get("titles", {}).items():
            with suppress(*gone):
                titles[word] = _items(path, "titles", word, ids, catalog)
    return Aliases(values, groups, titles)


def check_labels(paths: Iterable[Path], catalog: Catalog) -> None:
    """CatalogError for a label in another language of a facet or a value that the catalogue does not have."""
    for path in sorted(paths):
        for translation in load_translations([path], catalog.spec).values():
            for facet, names in translation.values.items():
                for value in names:
                    _known_value(path, facet, value, catalog)


def _read(path: Path) -> dict[str, dict[str, object]]:
    try:
        return _TABLE.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as e:
        raise CatalogError(f"{path.name!r} cannot be read: {e}; repair or remove it") from e
    except ValidationError as e:
        raise CatalogError(
            f"{path.name!r}: every entry belongs in a [section]; it has {e.error_count()} outside"
        ) from e


def _strings(path: Path, section: str, entry: str, words: object) -> tuple[str, ...]:
    try:
        return tuple(_WORDS.validate_python([words] if isinstance(words, str) else words))
    except ValidationError as e:
        raise CatalogError(f"{path.name!r} [{section}] {entry!r}: {words!r} is not a word or a list of words") from e


def _group(path: Path, word: str, facets: object, catalog: Catalog) -> tuple[tuple[str, str], ...]:
    try:
        wanted = _GROUP.validate_python(facets)
    except ValidationError as e:
        raise CatalogError(f"{path.name!r} [groups] {word!r}: write {{facet = ['value', ...]}}, not {facets!r}") from e
    pairs = tuple((facet, value) for facet, values in wanted.items() for value in values)
    for facet, value in pairs:
        _known_value(path, facet, value, catalog)
    return pairs


def _items(path: Path, section: str, word: str, ids: object, catalog: Catalog) -> tuple[str, ...]:
    wanted = _strings(path, section, word, ids)
    unknown = [i for i in wanted if i not in catalog]
    if unknown or not wanted:
        raise AliasOfNothing(f"{path.name!r} [{section}] {word!r}: the catalogue has no item {unknown!r}; correct it")
    return wanted


def _known_value(path: Path, facet: str, value: str, catalog: Catalog) -> None:
    spec = catalog.spec.facets.get(facet)
    if spec is None or spec.kind != "categorical":
        raise CatalogError(f"{path.name!r} [{facet}]: no such categorical facet; sections are facets, {_SECTIONS!r}")
    if value not in catalog.labels(facet)[0]:
        raise AliasOfNothing(f"{path.name!r} [{facet}] {value!r}: no item has that value; correct or remove the entry")
