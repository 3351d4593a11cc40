"""What the usual column names mean, read from wellknown.toml."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from retrieval.manifest import FacetKind, FacetSpec

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^\w]+|_+")


@dataclass(frozen=True, slots=True)
class WellKnown:
    """The table: column names per role, facet defaults per name, and the units that names end in."""

    roles: Mapping[str, Mapping[str, tuple[str, ...]]]
    facets: Mapping[str, Mapping[str, object]]
    units: Mapping[str, str]
    endings: frozenset[str]
    """Units as they stand at the end of names, and the signs of those."""

    def role(self, table: str, role: str, columns: Mapping[str, str]) -> str | None:
        """The column that plays a role in 'items' or 'interactions'; `columns` maps keys to column names."""
        return next((columns[name] for name in self.roles[table][role] if name in columns), None)

    def defaults(self, key: str) -> Mapping[str, object]:
        """What is known of a facet by its key: a whole name, or a name and its unit (runtime_min)."""
        if key in self.facets:
            return self.facets[key]
        stem, _, end = key.rpartition("_")
        if end not in self.units:
            return {}
        return {**self.facets.get(stem, {}), "unit": self.units[end]}

    def stem(self, key: str) -> str:
        """A key without the unit it ends in: price_usd is price."""
        stem, _, end = key.rpartition("_")
        return stem if end in self.units and stem in self.facets else key

    def kind(self, key: str) -> FacetKind | None:
        """The kind a name promises, if any."""
        kind = self.defaults(key).get("kind")
        return None if kind is None else FacetSpec.model_validate({"kind": kind, "label": key}).kind


@cache
def wellknown() -> WellKnown:
    """The shipped table."""
    raw = tomllib.loads(files("retrieval").joinpath("wellknown.toml").read_text(encoding="utf-8"))
    return WellKnown(
        roles={t: {role: tuple(names) for role, names in roles.items()} for t, roles in raw["roles"].items()},
        facets={n: {k: v for k, v in f.items() if k != "names"} for f in raw["facet"] for n in f["names"]},
        endings=frozenset(end for unit, ends in raw["units"].items() for end in (unit, *ends) if len(end) > 1),
        units={end: unit for unit, ends in raw["units"].items() for end in ends},
    )


def key_of(column: str) -> str:
    """A column's name as a key: lower case, words joined by '_' ('ReleaseYear' is release_year)."""
    return "_".join(key_words(column)).casefold()


def key_words(column: str) -> list[str]:
    """The words of a column's name."""
    return [word for word in _OTHER.split(_CAMEL.sub("_", column.strip())) if word]
