"""The embedding matrix of a catalogue: shipped rows where they fit, computed rows otherwise."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from retrieval.documents import document_key, read_embedding_cache
from retrieval.ports import Embedder, Matrix, Vector
from retrieval.progress import BuildProgress

_CHUNK = 256


def embed_documents(texts: Sequence[str], embedder: Embedder, shipped: Path | None, progress: BuildProgress) -> Matrix:
    """Embed texts, shape (len(texts), d); what `shipped` (embeddings.npz) has by the text's key is taken as it is."""
    cache: Mapping[bytes, Vector] = {} if shipped is None else read_embedding_cache(shipped)
    known = {row: cache[key] for row, text in enumerate(texts) if (key := document_key(embedder.name, text)) in cache}
    missing = [row for row in range(len(texts)) if row not in known]
    progress.step("embed", len(missing))
    width = len(next(iter(known.values()))) if known else embedder.embed([]).shape[1]
    vectors = np.empty((len(texts), width), dtype=np.float32)
    for row, vector in known.items():
        vectors[row] = vector
    for start in range(0, len(missing), _CHUNK):
        chunk = missing[start : start + _CHUNK]
        vectors[chunk] = embedder.embed([texts[row] for row in chunk])
        progress.advance(len(chunk))
    return vectors
