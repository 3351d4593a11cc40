"""Properties of maximal marginal relevance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval.diversify import mmr, spread, variety
from retrieval.ports import Matrix, Scores


def unit_rows(rng: np.random.Generator, n: int, d: int = 4) -> Matrix:
    """Draw random unit vectors."""
    rows = rng.normal(size=(n, d))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def naive(vectors: Matrix, scores: Scores, k: int, diversity: float) -> list[int]:
    """Follow the definition word for word."""
    spread = scores.max() - scores.min()
    worth = (scores - scores.min()) / spread if spread > 0 else np.zeros_like(scores)
    left = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    chosen = [left.pop(0)]
    while left and len(chosen) < k:
        gain = [(1 - diversity) * worth[i] - diversity * max(vectors[i] @ vectors[j] for j in chosen) for i in left]
        chosen.append(left.pop(int(np.argmax(gain))))
    return chosen


cases = st.builds(
    lambda seed, n: (unit_rows(np.random.default_rng(seed), n), np.random.default_rng(seed + 1).random(n)),
    st.integers(0, 10_000),
    st.integers(1, 12),
)


@given(cases, st.integers(0, 15), st.floats(0, 1))
def test_the_result_is_at_most_k_distinct_rows(
    case: tuple[Matrix, NDArray[np.float64]], k: int, diversity: float
) -> None:
    vectors, scores = case
    chosen = mmr(vectors, scores.astype(np.float32), k, diversity).tolist()
    assert len(chosen) == min(k, len(scores))
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= set(range(len(scores)))


@given(cases, st.integers(1, 15), st.floats(0, 1))
def test_the_best_row_comes_first(case: tuple[Matrix, NDArray[np.float64]], k: int, diversity: float) -> None:
    vectors, scores = case[0], case[1].astype(np.float32)
    assert mmr(vectors, scores, k, diversity)[0] == np.argmax(scores)


@given(cases, st.integers(0, 15))
def test_without_diversity_the_scores_decide(case: tuple[Matrix, NDArray[np.float64]], k: int) -> None:
    vectors, scores = case[0], case[1].astype(np.float32)
    assert mmr(vectors, scores, k, 0).tolist() == np.argsort(-scores, kind="stable")[:k].tolist()


@given(cases, st.integers(1, 15), st.floats(0.05, 1))
def test_it_chooses_as_defined_by_carbonell_and_goldstein(
    case: tuple[Matrix, NDArray[np.float64]], k: int, diversity: float
) -> None:
    vectors, scores = case[0], case[1].astype(np.float32)
    assert mmr(vectors, scores, k, diversity).tolist() == naive(vectors, scores, k, diversity)


def test_a_copy_of_the_best_gives_way_to_something_else() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    scores = np.array([0.9, 0.89, 0.8], dtype=np.float32)
    assert mmr(vectors, scores, 2, 0.6).tolist() == [0, 2]


def test_equal_scores_keep_their_order() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert mmr(vectors, np.ones(3, dtype=np.float32), 3, 0.5).tolist() == [0, 1, 2]


@pytest.mark.parametrize("diversity", [-0.1, 1.1, float("nan")])
def test_a_diversity_outside_its_range_is_an_error(diversity: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        mmr(np.eye(2, dtype=np.float32), np.ones(2, dtype=np.float32), 1, diversity)


def test_vectors_and_scores_of_different_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match="2 vectors for 3 scores"):
        mmr(np.eye(2, dtype=np.float32), np.ones(3, dtype=np.float32), 1, 0.5)


@given(rows=st.integers(2, 12), k=st.integers(2, 6), diversity=st.floats(0, 1), seed=st.integers(0, 10_000))
def test_the_closest_matches_keep_everything_and_no_choice_keeps_more(
    rows: int, k: int, diversity: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    vectors = unit_rows(rng, rows)
    scores = rng.random(rows).astype(np.float32)
    closest = spread(vectors, scores, mmr(vectors, scores, k, 0.0), 0.0)
    assert closest.kept == 1 and closest.variety == pytest.approx(closest.closest)
    made = spread(vectors, scores, mmr(vectors, scores, k, diversity), diversity)
    assert 0 <= made.kept <= 1 and 0 <= made.variety <= 2 and made.setting == diversity
    assert made.closest == pytest.approx(closest.variety)


def test_variety_is_nothing_for_copies_and_one_for_what_has_nothing_in_common() -> None:
    assert variety(np.ones((3, 1), dtype=np.float32)) == pytest.approx(0)
    assert variety(np.eye(4, dtype=np.float32)) == pytest.approx(1)


def test_one_row_has_no_variety() -> None:
    with pytest.raises(ValueError, match="1 rows"):
        spread(np.eye(2, dtype=np.float32), np.ones(2, dtype=np.float32), np.array([0]), 0.3)
