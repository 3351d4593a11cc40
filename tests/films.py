"""The bundled films without an index: the catalogue, how often each film occurs in the log, and a linker."""

import csv
import gzip
from collections import Counter
from functools import cache
from pathlib import Path

from retrieval.catalog import Catalog
from retrieval.entities import Linker, open_linker
from retrieval.load import load
from retrieval.source import find_source
from retrieval.spec_file import read_overlay
from retrieval.translation import load_translations

MOVIES = Path(__file__).parent.parent / "examples" / "movies"


@cache
def films() -> Catalog:
    """Read the catalogue, once per run."""
    source = find_source(MOVIES)
    overlay = read_overlay(source.spec)
    loaded = load(source.items, None, overlay)
    facets = {column.facet: column.spec for column in loaded.columns.facets}
    spec = overlay.spec.model_copy(update={"facets": facets})
    return Catalog(loaded.items, spec, load_translations(source.aliases, spec))


@cache
def linker() -> Linker:
    """Build the linker, once per run."""
    with gzip.open(MOVIES / "interactions.csv.gz", "rt", encoding="utf-8", newline="") as log:
        counts = Counter(row["item_id"] for row in csv.DictReader(log))
    return open_linker(films(), MOVIES.glob("aliases.*.toml"), counts)


def label(item_id: str) -> str:
    """Title and year of a film."""
    item = films().get(item_id)
    assert item is not None
    return f"{item.title} ({item.facets['year']:.0f})"
