"""Bundled catalogues as indexes in memory: all items, names and counts, no log and no CF. Opens in seconds."""

from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np

from retrieval.catalog import Catalog
from retrieval.entities import moment_facet, open_linker
from retrieval.index import Index
from retrieval.interactions import InteractionLog
from retrieval.load import load
from retrieval.manifest import Manifest
from retrieval.pipeline import Retriever
from retrieval.source import find_source
from retrieval.spec_file import read_overlay
from retrieval.tables import read_table
from retrieval.translation import load_translations
from tests.fakes_retrieval import BruteForceVectors, LetterEmbedder

EXAMPLES = Path(__file__).parent.parent / "examples"


@cache
def light_index(name: str) -> Index:
    """Open `examples/<name>`, once per run."""
    source = find_source(EXAMPLES / name)
    overlay = read_overlay(source.spec)
    loaded = load(source.items, None, overlay)
    spec = overlay.spec.model_copy(update={"facets": {c.facet: c.spec for c in loaded.columns.facets}})
    catalog = Catalog(loaded.items, spec, load_translations(source.aliases, spec))
    embedder, vectors = LetterEmbedder(), BruteForceVectors()
    rows = embedder.embed([f"{item.title} {item.description}" for item in catalog.items])
    vectors.upsert(catalog.ids, rows, [item.facets for item in catalog.items])
    counts = _counts(source.interactions)
    popularity = np.array([counts[i] for i in catalog.ids], dtype=np.float32)
    retriever = Retriever(
        catalog,
        embedder,
        vectors,
        rows,
        common={"popularity": popularity} if popularity.any() else {},
        newness=moment_facet(catalog),
    )
    manifest = Manifest(
        spec=spec,
        built_at="2026-01-01T00:00:00Z",
        embedder=embedder.name,
        dimensions=rows.shape[1],
        items=len(catalog),
        rows_in=len(catalog),
        rows_rejected=0,
    )
    linker = open_linker(catalog, source.aliases, counts)
    log = InteractionLog.from_interactions([], {}, catalog.ids)
    return Index(EXAMPLES / name, manifest, catalog, retriever, linker, log)


def _counts(interactions: Path | None) -> Counter[str]:
    if interactions is None:
        return Counter()
    rows = (row for row in read_table(interactions) if hasattr(row, "cells"))
    return Counter(str(row.cells.get("item_id")) for row in rows)
