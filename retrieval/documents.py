"""The text of an item that is embedded, and shipped embeddings keyed by it."""

import hashlib
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog import as_labels
from retrieval.errors import CatalogError
from retrieval.manifest import CatalogSpec
from retrieval.ports import Matrix, Vector
from retrieval.types import Item

_KEY_BYTES = 16
_LEVELS = 127


def document_text(item: Item, spec: CatalogSpec) -> str:
    """Title, searchable facets with their labels, then the description; models read the front of it best.

    Where titles are names, the description comes first and the title stands nowhere, not even inside it.
    """
    facets = _facets(item, spec)
    if spec.titles_are_names and item.description:
        return ". ".join([_nameless(item, spec.noun), *facets])
    return ". ".join(filter(None, [item.title, *facets, item.description]))


def _nameless(item: Item, noun: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(item.title)}(?!\w)", noun, item.description).rstrip(".")


def _facets(item: Item, spec: CatalogSpec) -> list[str]:
    parts = []
    for name, facet in spec.facets.items():
        value = item.facets.get(name)
        if facet.searchable and value is not None:
            words = f"{value:g}" if isinstance(value, float) else ", ".join(as_labels(value))
            parts.append(f"{facet.label}: {words}")
    return parts


def document_key(embedder: str, text: str) -> bytes:
    """16 bytes that change with the model or the text."""
    return hashlib.sha256(f"{embedder}\0{text}".encode()).digest()[:_KEY_BYTES]


def write_embedding_cache(path: Path, embedder: str, texts: Sequence[str], vectors: Matrix) -> None:
    """Write embeddings.npz for shipping beside a source: int8 per row with one float scale, a quarter of float32."""
    scale = np.abs(vectors).max(axis=1) / _LEVELS
    scale[scale == 0] = 1.0
    small = np.rint(vectors / scale[:, None]).astype(np.int8)
    keys = np.frombuffer(b"".join(document_key(embedder, text) for text in texts), dtype=np.uint8)
    arrays = {"keys": keys.reshape(-1, _KEY_BYTES), "int8": small, "scale": scale.astype(np.float32)}
    np.savez_compressed(path, allow_pickle=False, **arrays)


def read_embedding_cache(path: Path) -> Mapping[bytes, Vector]:
    """Unit vectors by document key; CatalogError for a file of another making."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            keys, small, scale = arrays["keys"], arrays["int8"], arrays["scale"]
            vectors = _unit(small.astype(np.float32) * scale[:, None])
            return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}
    except (OSError, KeyError, ValueError, EOFError, IndexError, zipfile.BadZipFile) as error:
        raise CatalogError(f"{path.name!r} does not hold embeddings ({error}); delete it or ship it again") from error


def _unit(vectors: NDArray[np.float32]) -> Matrix:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(norms == 0, 1, norms)).astype(np.float32)
