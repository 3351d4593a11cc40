"""Retrieval's seams in memory: an exact vector store, which is also the oracle, and an embedder that counts letters."""

from collections.abc import Mapping, Sequence
from datetime import date
from string import ascii_lowercase

import numpy as np

from retrieval.errors import StoreDown
from retrieval.ports import Matrix, Vector
from retrieval.types import Constraint, Op


class BruteForceVectors:
    """VectorStore by comparing everything with everything. Remembers how it was asked."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[Vector, Mapping[str, object]]] = {}
        self.asked: list[tuple[int, tuple[Constraint, ...], frozenset[str] | None]] = []
        self.down = False

    def upsert(self, ids: Sequence[str], vectors: Matrix, metadatas: Sequence[Mapping[str, object]]) -> None:
        """Add or replace."""
        self._rows |= {i: (v, m) for i, v, m in zip(ids, vectors, metadatas, strict=True)}

    def delete(self, ids: Sequence[str]) -> None:
        """Remove."""
        for item_id in ids:
            self._rows.pop(item_id, None)

    def search(
        self, vector: Vector, k: int, where: Sequence[Constraint] = (), within: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return the exact nearest."""
        self.asked.append((k, tuple(where), None if within is None else frozenset(within)))
        if self.down:
            raise StoreDown("the store is switched off; switch it on")
        allowed = self._rows if within is None else {i: self._rows[i] for i in within if i in self._rows}
        found = [(i, float(v @ vector)) for i, (v, m) in allowed.items() if all(_holds(m, c) for c in where)]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:k]


class LetterEmbedder:
    """Embedder whose vectors count letters: the same letters, the same place. Remembers what it embedded."""

    name = "letters"

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Embed; the last dimension keeps an empty text from being zero."""
        self.embedded += texts
        counts = np.array([[t.casefold().count(c) for c in ascii_lowercase] + [0.1] for t in texts], dtype=np.float32)
        rows = counts.reshape(len(texts), len(ascii_lowercase) + 1)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def _holds(metadata: Mapping[str, object], constraint: Constraint) -> bool:
    held = metadata.get(constraint.facet)
    values = held if isinstance(held, tuple | list) else () if held is None else (held,)
    match constraint.op:
        case Op.IN:
            return any(v in constraint.values for v in values)
        case Op.NOT_IN:
            return not any(v in constraint.values for v in values)
        case Op.GE:
            return any(_number(v) >= _number(constraint.values[0]) for v in values)
        case Op.LE:
            return any(_number(v) <= _number(constraint.values[0]) for v in values)
        case Op.GT:
            return any(_number(v) > _number(constraint.values[0]) for v in values)
        case Op.LT:
            return any(_number(v) < _number(constraint.values[0]) for v in values)


def _number(value: object) -> float:
    return float(value.toordinal()) if isinstance(value, date) else float(str(value))
