"""A built index, opened: the catalogue, what is known about it, and the retriever over it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval import layout
from retrieval.catalog import Catalog
from retrieval.cf import Model, load_cf
from retrieval.documents import document_text, write_embedding_cache
from retrieval.embed import reopen_embedder
from retrieval.entities import Linker, moment_facet, open_linker
from retrieval.errors import EmbedderUnusable
from retrieval.habits import Habits
from retrieval.interactions import InteractionLog
from retrieval.manifest import Manifest
from retrieval.pipeline import Retriever, words_of
from retrieval.popularity import Popularity
from retrieval.ports import Embedder
from retrieval.shelf import COLUMNS, read_catalog, write_columns
from retrieval.signals import Filters
from retrieval.source import Source
from retrieval.spans import Words
from retrieval.translation import load_translations
from retrieval.vectors_chroma import ChromaVectors, open_embedded, open_server
from retrieval.versions import current_version

_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Index:
    """One version of one catalogue. A newer one is opened beside it, never into it."""

    path: Path
    """The version's own folder."""
    manifest: Manifest
    catalog: Catalog
    retriever: Retriever
    linker: Linker
    log: InteractionLog


def open_index(path: Path, home: Path, embedder: Embedder | None = None, shared: Sequence[Embedder] = ()) -> Index:
    """Open the live version at `path`, with the embedder it was built with, which is kept in `home` unless given.

    `shared` are opened already: if one of them is the right one, no second copy of it is loaded.
    IndexMissing when nothing was built there, IndexUnusable when it is damaged or of another schema version,
    StoreDown when its Chroma server does not answer, EmbedderUnusable when its model cannot be loaded.
    """
    folder = current_version(path)
    manifest = layout.read_manifest(folder)
    alias_files = tuple(folder.glob("aliases.*.toml"))
    translations = load_translations(alias_files, manifest.spec)
    _complete(folder, manifest)
    catalog = read_catalog(folder, manifest.spec, translations)
    vectors = layout.read_embeddings(folder, len(catalog), manifest.dimensions)
    log = InteractionLog.load(folder / layout.LOG)
    embedder = embedder or next((e for e in shared if e.name == manifest.embedder), None)
    popularity = Popularity.of(log, released(catalog))
    now = None if log.as_of is None else log.as_of + 1
    common = popularity.now(now) if len(log) else {}
    retriever = Retriever(
        catalog,
        _fitting(embedder or reopen_embedder(manifest.embedder, home), manifest),
        open_store(folder),
        vectors,
        filters=Filters(*(_filter(folder / name) for name in (layout.CF, layout.CF_MET, layout.CF_LATELY))),
        common=common,
        habits=Habits.of(log, popularity) if now is not None else None,
        as_of=now or 0.0,
        fusions=layout.read_fusions(folder),
        words=Words.load(folder / layout.WORDS),
        newness=moment_facet(catalog),
    )
    counts = dict(zip(catalog.ids, common["popularity"].tolist(), strict=True)) if common else {}
    linker = open_linker(catalog, alias_files, counts)
    return Index(folder, manifest, catalog, retriever, linker, log)


def _complete(folder: Path, manifest: Manifest) -> None:
    """Give a version of an older build the files that make opening it fast."""
    if (folder / layout.WORDS).is_dir() and (folder / COLUMNS).is_file():
        return
    catalog = Catalog(layout.read_items(folder, manifest.spec), manifest.spec)
    write_columns(folder, catalog)
    words_of(catalog).save(folder / layout.WORDS)


def _filter(folder: Path) -> Model | None:
    return load_cf(folder) if folder.is_dir() else None


def released(catalog: Catalog) -> NDArray[np.float64] | None:
    """When each item came out, in unix seconds, shape (n items,), NaN where unknown; None if no facet says so."""
    facet = moment_facet(catalog)
    if not facet:
        return None
    moments = catalog.numbers(facet)
    if catalog.facet(facet).kind == "date":
        return (moments - _EPOCH) * _DAY
    years, which = np.unique(moments, return_inverse=True)
    return np.array([np.nan if np.isnan(year) else _new_year(int(year)) for year in years])[which]


def _new_year(year: int) -> float:
    return datetime(min(max(year, 1), 9999), 1, 1, tzinfo=UTC).timestamp()


def _fitting(embedder: Embedder, manifest: Manifest) -> Embedder:
    if embedder.name != manifest.embedder:
        raise EmbedderUnusable(f"the index was built with {manifest.embedder!r}, not {embedder.name!r}; build it again")
    return embedder


def open_store(folder: Path) -> ChromaVectors:
    """The vector store of a version."""
    address = layout.read_address(folder)
    if address.url:
        return open_server(address.url, address.collection)
    return open_embedded(folder / layout.CHROMA)


def is_stale(index: Index, source: Source) -> bool:
    """Whether the source's files differ from those the index was built from."""
    return source.hashes() != index.manifest.sources


def ship_embeddings(index: Index, target: Path) -> None:
    """Write an index's embeddings as an embeddings.npz, to lie beside the source and save others the embedding."""
    manifest = index.manifest
    texts = [document_text(item, manifest.spec) for item in index.catalog.items]
    vectors = layout.read_embeddings(index.path, len(texts), manifest.dimensions)
    write_embedding_cache(target, manifest.embedder, texts, vectors)
