"""Items added, replaced and deleted without a rebuild: a new version that shares with the old what did not change."""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import UnionType

import numpy as np

from retrieval import layout
from retrieval.build import coverage, open_draft_store, prune_collections, stored_facets
from retrieval.catalog import Catalog
from retrieval.documents import document_text
from retrieval.embed import reopen_embedder
from retrieval.errors import CatalogError, EmbedderUnusable, RowRejected
from retrieval.infer import infer_columns
from retrieval.interactions import InteractionLog
from retrieval.load import read_items
from retrieval.manifest import CatalogSpec, FacetKind, FacetSpec, Manifest
from retrieval.picture import PICTURES
from retrieval.pictures import PictureFiles
from retrieval.pipeline import words_of
from retrieval.ports import Embedder, Matrix
from retrieval.rows import Row
from retrieval.shelf import COLUMNS, NAMES, read_catalog, write_catalog
from retrieval.spec_file import Overlay
from retrieval.tables import read_table
from retrieval.types import Item
from retrieval.vectors_chroma import open_embedded
from retrieval.versions import Draft, current_version, new_version
from retrieval.wellknown import key_of

_VALUES: Mapping[FacetKind, type | UnionType] = {
    "categorical": tuple,
    "numeric": int | float,
    "date": date,
    "boolean": bool,
    "text": str,
    "image": str,
}


@dataclass(frozen=True, slots=True)
class _Change:
    """A version and what becomes of it."""

    old: Path
    manifest: Manifest
    before: Catalog
    after: Catalog
    deleted: tuple[str, ...]

    @property
    def moved(self) -> list[str]:
        """Ids whose item is new or not what it was."""
        return [item.item_id for item in self.after.items if self.before.get(item.item_id) != item]


def apply_changes(
    out: Path,
    upserts: Sequence[Item],
    deletes: Sequence[str] = (),
    *,
    home: Path,
    embedder: Embedder | None = None,
    pictures: PictureFiles | None = None,
) -> Manifest:
    """Write a version with these items added or replaced and those ids gone, and swap it in.

    What collaborative filtering learned stays as it was: new items are cold until the next build. CatalogError for an
    id to delete that is not there, an item that does not fit the facets, or when nothing would be left; IndexMissing,
    IndexUnusable, StoreDown and EmbedderUnusable as in `open_index`. After any error the old version serves on.
    """
    with new_version(out) as draft:
        old = current_version(out)
        manifest = layout.read_manifest(old)
        before = read_catalog(old, manifest.spec)
        change = _Change(old, manifest, before, _changed(before, upserts, deletes), tuple(deletes))
        vectors = _vectors(change, embedder, home)
        write_catalog(draft.folder, change.after)
        words_of(change.after).save(draft.folder / layout.WORDS)
        layout.write_embeddings(draft.folder, vectors)
        _share(change, draft)
        (pictures or PictureFiles(old)).keep(change.after.items, change.after.spec, draft.folder, old)
        url = _store(change, draft, vectors)
        manifest = _recounted(change, draft)
        manifest.write(draft.folder)
        draft.publish()
    if url:
        prune_collections(out, url, manifest.spec.name)
    return manifest


def read_changes(path: Path, spec: CatalogSpec, pictures: PictureFiles | None = None) -> tuple[Item, ...]:
    """Items to add or replace, from a file like the one the index was built from; `pictures` are those beside it.

    RowRejected for the first row or picture that cannot be used, CatalogError for a column the index does not have.
    """
    rows = [row for row in read_table(path) if isinstance(row, Row)]
    keys = {key_of(column) for row in rows for column in row.cells}
    said = {name: facet.model_dump() for name, facet in spec.facets.items() if name in keys}
    columns = infer_columns(rows, path.name, Overlay(_as_built(spec, rows), said))
    new = [facet.column for facet in columns.facets if facet.facet not in spec.facets]
    if new:
        raise CatalogError(f"{path.name!r} has the column {new[0]!r}, which the index does not know; build it again")
    items: list[Item] = []
    dropped: list[RowRejected] = []
    for outcome in read_items(path, columns, pictures or PictureFiles(path.parent), dropped):
        if not isinstance(outcome, Item):
            raise outcome
        items.append(outcome)
    if dropped:
        raise dropped[0]
    return tuple(items)


def _as_built(spec: CatalogSpec, rows: Sequence[Row]) -> CatalogSpec:
    """The specification for a file that may lack or rename columns of the one the index was built from."""
    there, columns = {name for row in rows for name in row.cells}, spec.columns
    kept: dict[str, object] = {"left_out": tuple(name for name in columns.left_out if name in there)}
    for role in ("item_id", "title", "description"):
        said = getattr(columns, role)
        kept[role] = said if said in there or (role == "item_id" and said == "") else None
    return spec.model_copy(update={"columns": columns.model_copy(update=kept)})


def _changed(before: Catalog, upserts: Iterable[Item], deletes: Iterable[str]) -> Catalog:
    items = {item.item_id: item for item in before.items}
    for item in upserts:
        for name, value in item.facets.items():
            _check(item.item_id, name, value, before.facet(name))
        items[item.item_id] = item
    for item_id in deletes:
        if items.pop(item_id, None) is None:
            raise CatalogError(f"there is no item {item_id!r} to delete; check the id")
    if not items:
        raise CatalogError("no item would be left; keep at least one, or remove the index")
    return Catalog(tuple(items.values()), before.spec)


def _check(item_id: str, name: str, value: object, facet: FacetSpec) -> None:
    if not isinstance(value, _VALUES[facet.kind]):
        raise CatalogError(f"item {item_id!r}: {name!r} = {value!r} is no {facet.kind} value; correct it")


def _vectors(change: _Change, embedder: Embedder | None, home: Path) -> Matrix:
    """Rows of unchanged documents as they were, the others embedded."""
    spec, manifest = change.manifest.spec, change.manifest
    old = layout.read_embeddings(change.old, len(change.before), manifest.dimensions)
    vectors = np.empty((len(change.after), manifest.dimensions), dtype=np.float32)
    missing: list[int] = []
    for row, item in enumerate(change.after.items):
        was = change.before.get(item.item_id)
        if was is not None and (was == item or document_text(was, spec) == document_text(item, spec)):
            vectors[row] = old[change.before.position(item.item_id)]
        else:
            missing.append(row)
    if missing:
        embedder = embedder or reopen_embedder(manifest.embedder, home)
        if embedder.name != manifest.embedder:
            raise EmbedderUnusable(
                f"the index has vectors of {manifest.embedder!r}, not {embedder.name!r}; build again"
            )
        vectors[missing] = embedder.embed([document_text(change.after.items[row], spec) for row in missing])
    return vectors


def _share(change: _Change, draft: Draft) -> None:
    """Link what is never changed in place; the log loses the events of deleted items."""
    own = {layout.ITEMS, COLUMNS, NAMES, layout.WORDS, layout.EMBEDDINGS, layout.MANIFEST}
    own |= {layout.CHROMA, layout.STORE, layout.LOG, PICTURES}
    for path in change.old.iterdir():
        target = draft.folder / path.name
        if path.name in own:
            continue
        if path.is_dir():
            shutil.copytree(path, target, copy_function=os.link)
        else:
            os.link(path, target)
    if (change.old / layout.LOG).is_file():
        log = InteractionLog.load(change.old / layout.LOG)
        recoded(log, change.after.ids).save(draft.folder / layout.LOG)


def recoded(log: InteractionLog, ids: Sequence[str]) -> InteractionLog:
    """The log over another set of items, without the events of those that are gone; people keep their codes."""
    rows = {item_id: row for row, item_id in enumerate(ids)}
    codes = np.array([rows.get(item_id, -1) for item_id in log.items], dtype=np.int32)
    keep = codes[log.item] >= 0
    return replace(
        log,
        items=tuple(ids),
        user=log.user[keep],
        item=codes[log.item][keep],
        event=log.event[keep],
        value=log.value[keep],
        weight=log.weight[keep],
        time=log.time[keep],
    )


def _store(change: _Change, draft: Draft, vectors: Matrix) -> str:
    """Bring the vector store of the new version about; returns the address of its server, if it has one."""
    url = layout.read_address(change.old).url
    if url:
        store = open_draft_store(draft, change.after.spec, url)
        stale = list(change.after.ids)
    else:
        layout.StoreAddress().write(draft.folder)
        shutil.copytree(change.old / layout.CHROMA, draft.folder / layout.CHROMA)
        store = open_embedded(draft.folder / layout.CHROMA)
        stale = change.moved
    try:
        if not url:
            store.delete(change.deleted)
        rows = change.after.positions(stale)
        facets = [stored_facets(change.after.items[row], change.after.spec) for row in rows]
        store.upsert(stale, vectors[rows], facets)
    finally:
        store.close()
    return url


def _recounted(change: _Change, draft: Draft) -> Manifest:
    """The manifest with the counts of what is there now."""
    counts: dict[str, object] = {
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "items": len(change.after),
        "coverage": coverage(change.after.items, change.after.spec),
    }
    if (draft.folder / layout.LOG).is_file():
        log = InteractionLog.load(draft.folder / layout.LOG)
        counts |= {"interactions": len(log), "people": len(np.unique(log.user)), "as_of": log.as_of}
    return change.manifest.model_copy(update=counts)
