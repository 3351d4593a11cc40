"""Sources to an index: read, infer, embed, store, learn, and swap in. The only writer of adapters' files."""

import logging
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from retrieval import layout
from retrieval.aliases import check_labels, load_aliases
from retrieval.aside import AsideEmbedder
from retrieval.catalog import Catalog
from retrieval.cf import save_cf
from retrieval.documents import document_text
from retrieval.embed import DEFAULT_MODEL
from retrieval.embedding import embed_documents
from retrieval.errors import IndexUnusable
from retrieval.event_types import infer_events
from retrieval.graph import Graph
from retrieval.index import released
from retrieval.interactions import InteractionLog
from retrieval.likeness import Facts
from retrieval.load import Loaded, load, write_rejected
from retrieval.manifest import CatalogSpec, Manifest
from retrieval.nouns import with_noun
from retrieval.pipeline import Fusions, words_of
from retrieval.ports import Embedder, Matrix
from retrieval.progress import BuildProgress, Quiet
from retrieval.shelf import write_catalog
from retrieval.source import Source
from retrieval.spec_file import Overlay, read_overlay
from retrieval.types import Item
from retrieval.validate import Learned, validate
from retrieval.vectors_chroma import ChromaVectors, drop_collection, open_embedded, open_server, server_collections
from retrieval.versions import Draft, new_version, version_folders

log = logging.getLogger(__name__)

SEED = 0
_STORED_AT_ONCE = 1_000


@dataclass(slots=True)
class _Steps:
    """Wall seconds per step; tells the progress display."""

    progress: BuildProgress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, *, shown: bool = True) -> Iterator[None]:
        if shown:
            self.progress.step(name)
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 2)


def build(
    source: Source,
    out: Path,
    *,
    home: Path,
    embedder: str | Embedder = DEFAULT_MODEL,
    strict: bool = False,
    chroma_url: str = "",
    progress: BuildProgress | None = None,
) -> Manifest:
    """Build an index at `out`, aside of one that may be there, and swap it in.

    RowRejected (strict) or CatalogError for sources that cannot be used; IndexUnusable when `out` is being written
    by another process or its disk is full; EmbedderUnusable; StoreDown. After any error the old index serves on.
    """
    steps = _Steps(progress or Quiet())
    encoder = AsideEmbedder(embedder, home) if isinstance(embedder, str) else embedder
    with new_version(out) as draft:
        with steps.step("read"):
            hashes = source.hashes()
            loaded, catalog = _read(source, strict)
        with steps.step("embed", shown=False):
            texts = [document_text(item, catalog.spec) for item in catalog.items]
            vectors = embed_documents(texts, encoder, source.embeddings, steps.progress)
        with steps.step("write"):
            events = _write(draft.folder, source, loaded, catalog, vectors)
        learned = _stored_and_learned(draft, catalog, vectors, events, chroma_url, steps)
        if isinstance(encoder, AsideEmbedder):
            with steps.step("open the encoder"):
                encoder.open()
        manifest = _manifest(loaded, catalog, encoder, vectors, learned, hashes, steps.seconds)
        manifest.write(draft.folder)
        steps.progress.step("swap")
        draft.publish()
    if chroma_url:
        prune_collections(out, chroma_url, manifest.spec.name)
    return manifest


def _read(source: Source, strict: bool) -> tuple[Loaded, Catalog]:
    overlay = read_overlay(source.spec)
    loaded = load(source.items, source.interactions, overlay, strict=strict)
    catalog = Catalog(loaded.items, _spec(source, overlay, loaded))
    load_aliases(source.aliases, catalog)  # a wrong alias stops the build, not the server
    check_labels(source.aliases, catalog)
    return loaded, catalog


def _write(folder: Path, source: Source, loaded: Loaded, catalog: Catalog, vectors: Matrix) -> InteractionLog:
    """Write what was read; returns the log as it was coded."""
    events = InteractionLog.from_interactions(loaded.interactions, catalog.spec.events, catalog.ids)
    write_catalog(folder, catalog)
    words_of(catalog).save(folder / layout.WORDS)
    layout.write_embeddings(folder, vectors)
    events.save(folder / layout.LOG)
    if loaded.pictures is not None:
        loaded.pictures.keep(catalog.items, catalog.spec, folder)
    write_rejected(folder / layout.REJECTED, (*loaded.rejected, *loaded.dropped))
    for aliases in source.aliases:
        shutil.copyfile(aliases, folder / aliases.name)
    return events


def _stored_and_learned(
    draft: Draft, catalog: Catalog, vectors: Matrix, events: InteractionLog, chroma_url: str, steps: _Steps
) -> Learned:
    """Store while learning: the one waits for its own threads and the disk, the other computes."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        learning = beside.submit(_learn, draft.folder, catalog, vectors, events)
        with steps.step("store vectors", shown=False):
            _store_all(draft, catalog, vectors, chroma_url, steps.progress)
        with steps.step("learn from interactions"):
            return learning.result()


def _learn(folder: Path, catalog: Catalog, vectors: Matrix, events: InteractionLog) -> Learned:
    """Learn what the log teaches and keep it."""
    learned = validate(events, Facts(released(catalog), vectors, Graph(catalog).links), SEED)
    layout.write_fusions(folder, Fusions(learned.taste, learned.next))
    for model, name in (
        (learned.cf, layout.CF),
        (learned.met, layout.CF_MET),
        (learned.lately, layout.CF_LATELY),
    ):
        if model is not None:
            save_cf(model, folder / name)
    return learned


def _spec(source: Source, overlay: Overlay, loaded: Loaded) -> CatalogSpec:
    said = overlay.spec
    spec = said.model_copy(
        update={
            "name": said.name or source.name,
            "columns": loaded.columns.said,
            "facets": {facet.facet: facet.spec for facet in loaded.columns.facets},
            "events": infer_events(loaded.interactions, said.events),
        }
    )
    return with_noun(spec, spec.name)


def _store_all(draft: Draft, catalog: Catalog, vectors: Matrix, chroma_url: str, progress: BuildProgress) -> None:
    progress.step("store vectors", len(catalog))
    store = open_draft_store(draft, catalog.spec, chroma_url)
    try:
        for start in range(0, len(catalog), _STORED_AT_ONCE):
            part = slice(start, start + _STORED_AT_ONCE)
            items = catalog.items[part]
            store.upsert(catalog.ids[part], vectors[part], [stored_facets(item, catalog.spec) for item in items])
            progress.advance(len(items))
        if store.count() != len(catalog):
            raise IndexUnusable(f"Chroma kept {store.count():,} of {len(catalog):,} items; see its log and build again")
    finally:
        store.close()


def open_draft_store(draft: Draft, spec: CatalogSpec, chroma_url: str) -> ChromaVectors:
    """A new, empty store for a version, whose address is written into it."""
    address = layout.StoreAddress(chroma_url, f"{spec.name}.{draft.name}" if chroma_url else "")
    address.write(draft.folder)
    if chroma_url:
        return open_server(chroma_url, address.collection, create=True)
    return open_embedded(draft.folder / layout.CHROMA, create=True)


def stored_facets(item: Item, spec: CatalogSpec) -> Mapping[str, object]:
    """The facets that a search may filter by."""
    return {name: value for name, value in item.facets.items() if spec.facets[name].filterable}


def prune_collections(out: Path, chroma_url: str, name: str) -> None:
    """Drop the server's collections of versions of this catalogue that are gone from `out`."""
    kept = {f"{name}.{folder.name}" for folder in version_folders(out)}
    for collection in server_collections(chroma_url, f"{name}."):
        if collection not in kept:
            drop_collection(chroma_url, collection)


def coverage(items: Sequence[Item], spec: CatalogSpec) -> dict[str, float]:
    """Share of items that hold a value, per facet."""
    return {name: round(sum(name in item.facets for item in items) / len(items), 4) for name in spec.facets}


def _lost_pictures(loaded: Loaded) -> Iterator[str]:
    if loaded.dropped:
        yield f"{len(loaded.dropped):,} pictures cannot be used, their items stay; the first: {loaded.dropped[0]}"


def _manifest(
    loaded: Loaded,
    catalog: Catalog,
    encoder: Embedder,
    vectors: Matrix,
    learned: Learned,
    hashes: Mapping[str, str],
    seconds: Mapping[str, float],
) -> Manifest:
    events = loaded.interactions
    return Manifest(
        spec=catalog.spec,
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
        as_of=max((event.timestamp for event in events if event.timestamp is not None), default=None),
        sources=dict(hashes),
        embedder=encoder.name,
        dimensions=vectors.shape[1],
        items=len(catalog),
        rows_in=loaded.rows_in,
        rows_rejected=len(loaded.rejected),
        interactions=len(events),
        people=len({event.user_id for event in events}),
        columns=loaded.columns.read,
        coverage=coverage(catalog.items, catalog.spec),
        cf="" if learned.cf is None else learned.cf.name,
        validation=learned.measured,
        seed=SEED,
        seconds=dict(seconds),
        warnings=(*loaded.notes, *_lost_pictures(loaded), *learned.warnings),
    )
