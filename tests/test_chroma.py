"""ChromaVectors, embedded and against a real server."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import IndexUnusable, StoreDown
from retrieval.ports import Matrix, VectorStore
from retrieval.types import Constraint, Op
from retrieval.vectors_chroma import ChromaVectors, drop_collection, open_embedded, open_server, server_collections
from tests.chroma_server import running_chroma
from tests.contracts_vectors import VectorStoreContract


class TestEmbeddedChroma(VectorStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[VectorStore]:
        store = open_embedded(tmp_path / "chroma", create=True)
        yield store
        store.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Chroma server on a free port."""
    with running_chroma(tmp_path_factory.mktemp("server")) as url:
        yield url


class TestServedChroma(VectorStoreContract):
    @pytest.fixture
    def store(self, server: str, request: pytest.FixtureRequest) -> Iterator[VectorStore]:
        name = f"contract-{abs(hash(request.node.name))}"
        store = open_server(server, name, create=True)
        yield store
        store.close()
        drop_collection(server, name)

    def test_collections_can_be_listed_and_dropped_twice(self, server: str) -> None:
        open_server(server, "listed-1", create=True).close()
        assert server_collections(server, "listed-") == ("listed-1",)
        drop_collection(server, "listed-1")
        drop_collection(server, "listed-1")
        assert server_collections(server, "listed-") == ()

    def test_a_collection_that_is_gone_is_an_unusable_index(self, server: str) -> None:
        with pytest.raises(IndexUnusable, match="gone"):
            open_server(server, "gone")


def _clustered(n: int) -> Matrix:
    """Vectors in 60 overlapping clusters, like those of a real catalogue."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(60, 384))
    rows = centres[rng.integers(0, 60, n)] + 0.8 * rng.normal(size=(n, 384))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def test_nearly_all_of_the_exact_hundred_nearest_are_found(tmp_path: Path) -> None:
    vectors = _clustered(12_000)
    ids = [f"{row:05}" for row in range(len(vectors))]
    store = open_embedded(tmp_path / "chroma", create=True)
    store.upsert(ids, vectors, [{"even": row % 2 == 0} for row in range(len(vectors))])
    found, evens = 0, 0
    for row in range(0, 12_000, 600):
        similarities = vectors @ vectors[row]
        exact = np.argsort(-similarities)
        found += len({ids[i] for i in exact[:100]} & {i for i, _ in store.search(vectors[row], 100)})
        even = {i for i, _ in store.search(vectors[row], 100, [Constraint("even", Op.IN, (True,))])}
        evens += len({ids[i] for i in exact[exact % 2 == 0][:100]} & even)
    store.close()
    assert found / 2_000 >= 0.98
    assert evens / 2_000 >= 0.98


def test_what_was_stored_is_there_after_reopening(tmp_path: Path) -> None:
    store: ChromaVectors = open_embedded(tmp_path / "chroma", create=True)
    store.upsert(["a"], np.eye(2, dtype=np.float32)[:1], [{}])
    store.close()
    again = open_embedded(tmp_path / "chroma")
    assert again.count() == 1
    again.close()


def test_ids_that_are_not_stored_are_passed_over(tmp_path: Path) -> None:
    store = open_embedded(tmp_path / "chroma", create=True)
    store.upsert(["a", "b"], np.eye(2, dtype=np.float32), [{}, {}])
    assert store.search(np.eye(2, dtype=np.float32)[0], 5, within=["b", "nobody"]) == [("b", 0.0)]
    assert store.search(np.eye(2, dtype=np.float32)[0], 5, within=["nobody"]) == []
    store.close()


def test_a_condition_without_values_matches_nothing(tmp_path: Path) -> None:
    store = open_embedded(tmp_path / "chroma", create=True)
    store.upsert(["a"], np.eye(2, dtype=np.float32)[:1], [{"kind": ("x",)}])
    assert store.search(np.eye(2, dtype=np.float32)[0], 5, [Constraint("kind", Op.IN, ())]) == []
    store.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "ftp://x", "nonsense"])
def test_a_server_that_does_not_answer_is_down_and_named(url: str) -> None:
    with pytest.raises(StoreDown, match=url):
        open_server(url, "items")


def test_a_folder_without_a_database_is_not_silently_made(tmp_path: Path) -> None:
    with pytest.raises(IndexUnusable, match="build the index again"):
        open_embedded(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_corrupt_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(IndexUnusable, match="build"):
        open_embedded(tmp_path)
