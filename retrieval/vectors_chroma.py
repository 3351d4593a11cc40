"""A VectorStore on Chroma: embedded in this process, or the same code against a server."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
from chromadb.api import ClientAPI
from chromadb.api.client import Client
from chromadb.api.collection_configuration import CreateCollectionConfiguration
from chromadb.api.models.Collection import Collection
from chromadb.api.types import Metadata, QueryResult, Where
from chromadb.config import Settings
from chromadb.errors import ChromaError, InternalError, NotFoundError

from retrieval.catalog import as_number
from retrieval.errors import CatalogError, IndexUnusable, StoreDown
from retrieval.ports import Matrix, Vector
from retrieval.types import Constraint, Op

EMBEDDED_COLLECTION = "items"

_SEARCHED = 200
"""HNSW's ef_search: recall@100 against exact search is above .98 on 12,000 items (tests/test_chroma.py)."""
_BUILT = 100
"""HNSW's ef_construction: 200 takes half as long again and finds no more."""
_TIES = 20
"""So many more than k are fetched, so that a tie across the cut is settled by id."""
_COMPARE = {Op.GE: "$gte", Op.LE: "$lte", Op.GT: "$gt", Op.LT: "$lt"}


class ChromaVectors:
    """One collection of a client. Numbers, dates and booleans are stored as floats, words as lists."""

    def __init__(self, client: Client, collection: Collection, place: Path | str) -> None:
        self._client = client
        self._collection = collection
        self._place = place
        with _translated(place):
            self._batch = client.get_max_batch_size()

    def upsert(self, ids: Sequence[str], vectors: Matrix, metadatas: Sequence[Mapping[str, object]]) -> None:
        """Add or replace; atomic per batch of some 5,000."""
        stored = [_metadata(facets) for facets in metadatas]
        for start in range(0, len(ids), self._batch):
            part = slice(start, start + self._batch)
            self._upsert(list(ids[part]), vectors[part], stored[part])

    def _upsert(self, ids: list[str], vectors: Matrix, stored: list[dict[str, list[str] | float]]) -> None:
        with _translated(self._place):
            old = self._collection.get(ids=ids, include=["metadatas"])
            before = dict(zip(old["ids"], old["metadatas"] or [], strict=True))
            # Chroma merges metadata; only a None removes what the item no longer has.
            merged = [{**dict.fromkeys(before.get(i) or ()), **new} for i, new in zip(ids, stored, strict=True)]
            metadatas = cast(list[Metadata], [m or None for m in merged])
            self._collection.upsert(ids=ids, embeddings=np.asarray(vectors), metadatas=metadatas)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove; unknown ids are ignored."""
        with _translated(self._place):
            for start in range(0, len(ids), self._batch):
                self._collection.delete(ids=list(ids[start : start + self._batch]))

    def search(
        self, vector: Vector, k: int, where: Sequence[Constraint] = (), within: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return the nearest by HNSW: approximate, the more so the rarer `where` matches."""
        unsatisfiable = any(c.op is Op.IN and not c.values for c in where)
        if k <= 0 or unsatisfiable or (within is not None and not within):
            return []
        with _translated(self._place):
            found = self._query(vector, k + _TIES, compile_where(where), within)
        distances = (found["distances"] or [[]])[0]
        hits = [(item_id, 1.0 - float(distance)) for item_id, distance in zip(found["ids"][0], distances, strict=True)]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:k]

    def _query(self, vector: Vector, n: int, where: Where | None, within: Sequence[str] | None) -> QueryResult:
        one = np.asarray(vector, dtype=np.float32)[None, :]

        def ask(ids: list[str] | None) -> QueryResult:
            return self._collection.query(one, n_results=n, where=where, ids=ids, include=["distances"])

        if within is None:
            return ask(None)
        try:
            return ask(list(within))
        except InternalError:  # raised for an id that is not stored; rare, so looked for only then
            return ask(self._collection.get(ids=list(within), include=[])["ids"])

    def count(self) -> int:
        """How many items are stored."""
        with _translated(self._place):
            return self._collection.count()

    def close(self) -> None:
        """Release the database files or the connection."""
        self._client.close()


def compile_where(constraints: Sequence[Constraint]) -> Where | None:
    """Chroma's filter for constraints. Its negations let items without a value pass, as NOT_IN must."""
    clauses = [clause for constraint in constraints for clause in _clauses(constraint)]
    if len(clauses) > 1:
        return {"$and": clauses}
    return clauses[0] if clauses else None


def _clauses(constraint: Constraint) -> list[Where]:
    name = constraint.facet
    compare = _COMPARE.get(constraint.op)
    if compare is not None:
        return [_clause(name, compare, as_number(constraint.values[0]))]
    words = [v for v in constraint.values if isinstance(v, str)]
    numbers = [as_number(v) for v in constraint.values if not isinstance(v, str)]
    if constraint.op is Op.NOT_IN:
        absent = [_clause(name, "$not_contains", word) for word in words]
        return [*absent, _clause(name, "$nin", numbers)] if numbers else absent
    present = [_clause(name, "$contains", word) for word in words]
    if numbers:
        present.append(_clause(name, "$in", numbers))
    return present if len(present) == 1 else [{"$or": present}]


def _clause(name: str, operator: str, operand: str | float | list[float]) -> Where:
    return cast(Where, {name: {operator: operand}})


def _metadata(facets: Mapping[str, object]) -> dict[str, list[str] | float]:
    stored: dict[str, list[str] | float] = {}
    for name, value in facets.items():
        if isinstance(value, str):
            stored[name] = [value]
        elif isinstance(value, Sequence):
            if value:
                stored[name] = [str(word) for word in value]
        elif isinstance(value, date | bool | int | float):
            stored[name] = as_number(value)
        else:
            raise CatalogError(f"facet {name!r} holds {value!r}; only words, numbers, dates and yes/no can be stored")
    return stored


def open_embedded(folder: Path, *, create: bool = False) -> ChromaVectors:
    """Chroma in this process over `folder`; IndexUnusable unless it holds the collection or `create` is set."""
    with _translated(folder):
        if not create and not (folder / "chroma.sqlite3").is_file():
            raise IndexUnusable(f"{str(folder)!r} holds no Chroma database; build the index again")
        client = cast(Client, chromadb.PersistentClient(str(folder), settings=_settings()))
        return ChromaVectors(client, _collection(client, EMBEDDED_COLLECTION, create=create), folder)


def open_server(url: str, collection: str, *, create: bool = False) -> ChromaVectors:
    """Open a collection of the Chroma server at `url`; StoreDown when it does not answer."""
    with _translated(url):
        client = _connect(url)
        return ChromaVectors(client, _collection(client, collection, create=create), url)


def server_collections(url: str, prefix: str) -> tuple[str, ...]:
    """Names of the server's collections that begin with `prefix`."""
    with _translated(url):
        client = _connect(url)
        try:
            return tuple(c.name for c in client.list_collections() if c.name.startswith(prefix))
        finally:
            client.close()


def drop_collection(url: str, collection: str) -> None:
    """Delete a collection of a server; one that is not there is ignored."""
    with _translated(url):
        client = _connect(url)
        try:
            client.delete_collection(collection)
        except NotFoundError:
            pass
        finally:
            client.close()


def _connect(url: str) -> Client:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreDown(f"{url!r} is no address of a Chroma server; write it like http://127.0.0.1:8000")
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 8000)
    return cast(Client, chromadb.HttpClient(parts.hostname, port=port, ssl=secure, settings=_settings()))


def _settings() -> Settings:
    return Settings(anonymized_telemetry=False)


def _collection(client: ClientAPI, name: str, *, create: bool) -> Collection:
    if not create:
        return client.get_collection(name, embedding_function=None)
    space: CreateCollectionConfiguration = {
        "hnsw": {"space": "cosine", "ef_search": _SEARCHED, "ef_construction": _BUILT}
    }
    return client.create_collection(name, configuration=space, embedding_function=None)


@contextmanager
def _translated(place: Path | str) -> Iterator[None]:
    """Vendor errors as ours: a server (its URL) is down, a folder is unusable."""
    try:
        yield
    except (ChromaError, httpx.HTTPError, OSError, ValueError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        if isinstance(error, NotFoundError):
            raise IndexUnusable(f"Chroma at {str(place)!r}: {reason}; build the index again") from error
        if isinstance(place, Path):
            raise IndexUnusable(
                f"Chroma cannot use {str(place)!r} ({reason}); see that the disk is not full, or build the index again"
            ) from error
        raise StoreDown(f"Chroma at {place!r} does not answer ({reason}); start the server or build again") from error
