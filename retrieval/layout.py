"""The files of one index version, and how items are written in them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from retrieval.errors import IndexUnusable
from retrieval.fusion import Fusion
from retrieval.manifest import SCHEMA_VERSION, CatalogSpec, FacetKind, Manifest
from retrieval.pipeline import Fusions
from retrieval.ports import Matrix
from retrieval.types import FacetValue, Item

MANIFEST = "manifest.json"
"""Written last: a version with it is whole."""
ITEMS, EMBEDDINGS, LOG, CF, FUSION = "items.jsonl", "embeddings.npy", "interactions.npz", "cf", "fusion.json"
CF_MET, CF_LATELY = "cf-met", "cf-lately"
CHROMA, STORE, REJECTED, WORDS = "chroma", "store.json", "rejected.csv", "words"


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """Where the vectors of a version are: a collection of a Chroma server, or embedded in the version (no url)."""

    url: str = ""
    collection: str = ""

    def write(self, folder: Path) -> None:
        """Write store.json."""
        text = json.dumps({"url": self.url, "collection": self.collection})
        (folder / STORE).write_text(text, encoding="utf-8")


def read_address(folder: Path) -> StoreAddress:
    """Read store.json."""
    table = _object(folder / STORE, _text(folder / STORE))
    return StoreAddress(str(table.get("url", "")), str(table.get("collection", "")))


def read_manifest(folder: Path) -> Manifest:
    """Read manifest.json; IndexUnusable when it is damaged or of another schema version."""
    text = _text(folder / MANIFEST)
    version = _object(folder / MANIFEST, text).get("schema_version")
    if version != SCHEMA_VERSION:
        raise IndexUnusable(f"{str(folder)!r} has schema {version!r}, not {SCHEMA_VERSION}; build the index again")
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise IndexUnusable(
            f"{str(folder / MANIFEST)!r} is damaged ({error.error_count()} errors); build the index again"
        ) from error


def write_fusions(folder: Path, fusions: Fusions) -> None:
    """Write fusion.json."""
    table = {"taste": fusions.taste, "next": fusions.next}
    text = json.dumps({name: None if fusion is None else fusion.to_json() for name, fusion in table.items()}, indent=1)
    (folder / FUSION).write_text(text, encoding="utf-8")


def read_fusions(folder: Path) -> Fusions:
    """Read fusion.json."""
    table = _object(folder / FUSION, _text(folder / FUSION))
    taste, following = (None if (f := table.get(n)) is None else Fusion.from_json(f) for n in ("taste", "next"))
    return Fusions(taste, following)


def write_items(folder: Path, items: Iterable[Item]) -> None:
    """Write items.jsonl; dates become ISO strings, several words a list."""
    with (folder / ITEMS).open("w", encoding="utf-8") as out:
        for item in items:
            facets = {name: _plain(value) for name, value in item.facets.items()}
            row = {"item_id": item.item_id, "title": item.title, "description": item.description, "facets": facets}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_items(folder: Path, spec: CatalogSpec) -> tuple[Item, ...]:
    """Read items.jsonl, in order."""
    kinds = {name: facet.kind for name, facet in spec.facets.items()}
    lines = _text(folder / ITEMS).split("\n")  # not splitlines: JSON may hold other line separators
    return tuple(read_item(line, kinds, folder / ITEMS) for line in lines if line)


def read_item(line: str | bytes, kinds: Mapping[str, FacetKind], path: Path) -> Item:
    """Read one line of the items.jsonl at `path`; IndexUnusable if it is none."""
    try:
        return _item(json.loads(line), kinds)
    except (ValueError, KeyError, TypeError) as error:
        raise IndexUnusable(f"{str(path)!r} is damaged ({error!r}); build the index again") from error


def _plain(value: FacetValue) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _item(row: Mapping[str, object], kinds: Mapping[str, FacetKind]) -> Item:
    facets = row["facets"]
    if not isinstance(facets, dict):
        raise TypeError("'facets' is no object")
    values = {name: _typed(value, kinds[name]) for name, value in facets.items()}
    return Item(str(row["item_id"]), str(row["title"]), str(row["description"]), values)


def _typed(value: object, kind: FacetKind) -> FacetValue:
    if kind == "categorical" and isinstance(value, list):
        return tuple(map(str, value))
    if kind == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    if isinstance(value, str | float | int | bool):
        return value
    raise TypeError(f"{value!r} is no {kind} value")


def write_embeddings(folder: Path, vectors: Matrix) -> None:
    """Write embeddings.npy."""
    np.save(folder / EMBEDDINGS, vectors.astype(np.float32), allow_pickle=False)


def read_embeddings(folder: Path, rows: int, dimensions: int) -> Matrix:
    """Memory-map embeddings.npy, shape (rows, dimensions)."""
    path = folder / EMBEDDINGS
    try:
        vectors: Matrix = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise IndexUnusable(f"{str(path)!r} is missing; build the index again") from None
    except (OSError, ValueError, EOFError) as error:
        raise IndexUnusable(f"{str(path)!r} is damaged ({error}); build the index again") from error
    if vectors.shape != (rows, dimensions) or vectors.dtype != np.float32:
        raise IndexUnusable(f"{str(path)!r} holds {vectors.shape}, not {(rows, dimensions)}; build the index again")
    return vectors


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise IndexUnusable(f"{str(path)!r} is missing; build the index again") from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexUnusable(f"{str(path)!r} cannot be read ({error}); build the index again") from error


def _object(path: Path, text: str) -> dict[str, object]:
    try:
        table = json.loads(text)
    except ValueError as error:
        raise IndexUnusable(f"{str(path)!r} is damaged ({error}); build the index again") from error
    if not isinstance(table, dict):
        raise IndexUnusable(f"{str(path)!r} is damaged (no object); build the index again")
    return table
