"""catalog.toml: what a person says about a catalogue, checked before it meets what the build infers."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from retrieval.errors import CatalogError
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.textfile import open_bytes


@dataclass(frozen=True, slots=True)
class Overlay:
    """A parsed catalog.toml: `spec` without its facets, and per facet the fields that were set."""

    spec: CatalogSpec = field(default_factory=CatalogSpec)
    facets: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


def read_overlay(path: Path | None) -> Overlay:
    """Read catalog.toml; CatalogError quotes the key and the value that is wrong. None: nothing was said."""
    if path is None:
        return Overlay()
    try:
        with open_bytes(path) as raw:
            table = tomllib.loads(raw.read().decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path.name!r} is not TOML: {error}; correct that line") from error
    facets = table.pop("facets", {})
    if not isinstance(facets, dict) or not all(isinstance(f, dict) for f in facets.values()):
        raise CatalogError(f"'facets' in {path.name!r} must hold tables: [facets.price]")
    try:
        spec = CatalogSpec.model_validate(table)
    except ValidationError as error:
        raise CatalogError(f"{path.name!r}: {explain(error)}") from error
    for name, fields in facets.items():
        _check_fields(path.name, name, fields)
    return Overlay(spec, facets)


def merged(name: str, inferred: Mapping[str, object], said: Mapping[str, object]) -> FacetSpec:
    """The inferred facet with what a person said on top."""
    try:
        return FacetSpec.model_validate({**inferred, **said})
    except ValidationError as error:
        raise CatalogError(f"facet {name!r}: {explain(error)}") from error


def explain(error: ValidationError) -> str:
    """The first fault of a pydantic error in one line."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where!r} = {first['input']!r}: {first['msg'].lower()}; correct it"


def _check_fields(file: str, name: str, fields: Mapping[str, object]) -> None:
    # Checked with neutral values for what inference will add, so that the message names the file.
    try:
        FacetSpec.model_validate({"kind": "text", "label": name, **fields})
    except ValidationError as error:
        raise CatalogError(f"{file!r}: facet {name!r}: {explain(error)}") from error
