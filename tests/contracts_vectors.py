"""What every VectorStore must do; subclass it with a `store` fixture that returns an empty store."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pytest

from retrieval.ports import Matrix, Vector, VectorStore
from retrieval.types import Constraint, Op

FACETS: dict[str, Mapping[str, object]] = {
    "a": {"kind": ("red", "round"), "price": 1.0, "made": date(2001, 5, 1), "stocked": True},
    "b": {"kind": ("blue",), "price": 2.0, "made": date(2005, 5, 1), "stocked": False},
    "c": {"kind": ("red",), "price": 3.0, "made": date(2009, 5, 1), "stocked": True},
    "d": {},
}
CASES = [
    (Constraint("kind", Op.IN, ("red",)), {"a", "c"}),
    (Constraint("kind", Op.IN, ("round", "blue")), {"a", "b"}),
    (Constraint("kind", Op.IN, ("green",)), set()),
    (Constraint("kind", Op.NOT_IN, ("red",)), {"b", "d"}),
    (Constraint("kind", Op.NOT_IN, ("red", "blue")), {"d"}),
    (Constraint("price", Op.IN, (1.0, 3.0)), {"a", "c"}),
    (Constraint("price", Op.NOT_IN, (1.0,)), {"b", "c", "d"}),
    (Constraint("price", Op.GE, (2.0,)), {"b", "c"}),
    (Constraint("price", Op.GT, (2.0,)), {"c"}),
    (Constraint("price", Op.LE, (2.0,)), {"a", "b"}),
    (Constraint("price", Op.LT, (2.0,)), {"a"}),
    (Constraint("made", Op.GE, (date(2005, 5, 1),)), {"b", "c"}),
    (Constraint("made", Op.LT, (date(2005, 5, 1),)), {"a"}),
    (Constraint("stocked", Op.IN, (True,)), {"a", "c"}),
    (Constraint("stocked", Op.NOT_IN, (True,)), {"b", "d"}),
]


def unit(*numbers: float) -> Vector:
    """Build a unit vector."""
    row = np.array(numbers, dtype=np.float32)
    return np.asarray(row / np.linalg.norm(row), dtype=np.float32)


def rows(*vectors: Vector) -> Matrix:
    """Stack vectors."""
    return np.stack(vectors).astype(np.float32)


class VectorStoreContract:
    """Higher is better, at most k, filters before the search, ties by id."""

    @pytest.fixture
    def filled(self, store: VectorStore) -> VectorStore:
        """Four items, from near to far of (1, 0): a, b, c, d."""
        vectors = rows(unit(1, 0), unit(1, 0.5), unit(1, 2), unit(0, 1))
        store.upsert(list(FACETS), vectors, list(FACETS.values()))
        return store

    def test_the_nearest_come_first_with_their_cosine_similarity(self, filled: VectorStore) -> None:
        found = filled.search(unit(1, 0), 4)
        assert [item_id for item_id, _ in found] == ["a", "b", "c", "d"]
        assert [score for _, score in found] == pytest.approx([1, 0.8944, 0.4472, 0], abs=1e-3)

    def test_no_more_than_k_come_back(self, filled: VectorStore) -> None:
        assert [item_id for item_id, _ in filled.search(unit(1, 0), 2)] == ["a", "b"]

    def test_asking_for_more_than_there_is_returns_all(self, filled: VectorStore) -> None:
        assert len(filled.search(unit(1, 0), 50)) == len(FACETS)

    def test_an_empty_store_has_no_neighbours(self, store: VectorStore) -> None:
        assert store.search(unit(1, 0), 3) == []

    @pytest.mark.parametrize(("constraint", "expected"), CASES)
    def test_a_condition_holds_for_every_hit_and_loses_none(
        self, filled: VectorStore, constraint: Constraint, expected: set[str]
    ) -> None:
        assert {item_id for item_id, _ in filled.search(unit(0, 1), 4, [constraint])} == expected

    def test_conditions_add_up(self, filled: VectorStore) -> None:
        both = [Constraint("kind", Op.IN, ("red",)), Constraint("price", Op.GT, (1.0,))]
        assert [item_id for item_id, _ in filled.search(unit(1, 0), 4, both)] == ["c"]

    def test_only_the_given_ids_are_searched(self, filled: VectorStore) -> None:
        assert [item_id for item_id, _ in filled.search(unit(1, 0), 4, within=["d", "b"])] == ["b", "d"]

    def test_searching_within_nothing_finds_nothing(self, filled: VectorStore) -> None:
        assert filled.search(unit(1, 0), 4, within=[]) == []

    def test_within_and_where_hold_together(self, filled: VectorStore) -> None:
        red = Constraint("kind", Op.IN, ("red",))
        assert [item_id for item_id, _ in filled.search(unit(1, 0), 4, [red], within=["b", "c"])] == ["c"]

    def test_equal_similarities_are_ordered_by_id(self, store: VectorStore) -> None:
        store.upsert(["z", "m", "a"], rows(*[unit(1, 1)] * 3), [{}, {}, {}])
        assert [item_id for item_id, _ in store.search(unit(1, 1), 3)] == ["a", "m", "z"]

    def test_a_deleted_item_is_gone_and_an_unknown_one_is_ignored(self, filled: VectorStore) -> None:
        filled.delete(["a", "nobody"])
        assert [item_id for item_id, _ in filled.search(unit(1, 0), 4)] == ["b", "c", "d"]

    def test_an_upsert_replaces_vector_and_facets(self, filled: VectorStore) -> None:
        filled.upsert(["a"], rows(unit(0, 1)), [{"kind": ("blue",)}])
        assert [item_id for item_id, _ in filled.search(unit(1, 0), 1)] == ["b"]
        blue = filled.search(unit(0, 1), 4, [Constraint("kind", Op.IN, ("blue",))])
        assert [item_id for item_id, _ in blue] == ["a", "b"]
        assert filled.search(unit(0, 1), 4, [Constraint("price", Op.LE, (1.0,))]) == []
