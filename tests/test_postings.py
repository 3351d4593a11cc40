"""Weighted sums of sparse columns: the same as the dense product, however much of it is looked at."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from retrieval.postings import Postings, first

ROWS, COLUMNS = 30, 5

entries = st.lists(
    st.tuples(st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1), st.sampled_from([0.25, 0.5, 1.0])),
    unique_by=lambda entry: entry[:2],
    max_size=80,
)
weights = st.dictionaries(st.integers(0, COLUMNS - 1), st.sampled_from([0.125, 0.5, 1.0, 2.0]), max_size=COLUMNS)
masks = st.lists(st.booleans(), min_size=ROWS, max_size=ROWS).map(np.array)


def dense(held: list[tuple[int, int, float]]) -> np.ndarray:
    """The matrix of some entries."""
    matrix = np.zeros((ROWS, COLUMNS), dtype=np.float32)
    for row, column, worth in held:
        matrix[row, column] = worth
    return matrix


def expected(matrix: np.ndarray, weighing: dict[int, float]) -> np.ndarray:
    """Sum the columns with weights that binary fractions hold exactly."""
    return matrix[:, list(weighing)] @ np.array(list(weighing.values()), dtype=np.float32)


@given(entries, weights)
def test_sums_are_the_product_of_matrix_and_weights(held: list, weighing: dict[int, float]) -> None:
    postings = Postings.of(sparse.csc_matrix(dense(held)), weighted=True)
    assert np.array_equal(postings.sums(weighing), expected(dense(held), weighing))


@given(entries, weights, st.lists(st.integers(0, ROWS - 1), max_size=8))
def test_sums_of_some_rows_are_those_of_all(held: list, weighing: dict[int, float], rows: list[int]) -> None:
    postings = Postings.of(sparse.csc_matrix(dense(held)), weighted=True)
    wanted = np.array(rows, dtype=np.int64)
    assert np.array_equal(postings.sums_at(weighing, wanted), postings.sums(weighing)[wanted])


@given(entries, weights, masks, st.integers(0, 8), st.sampled_from([0, 3, 1_000]), st.booleans())
def test_the_best_are_the_largest_sums_in_the_mask_whatever_is_skipped(
    held: list, weighing: dict[int, float], mask: np.ndarray, k: int, long: int, weighted: bool
) -> None:
    matrix = dense(held) if weighted else (dense(held) > 0).astype(np.float32)
    made = Postings.of(sparse.csc_matrix(matrix), weighted=weighted)
    sums = np.where(mask, expected(matrix, weighing), 0)
    best = [row for row in sorted(range(ROWS), key=lambda row: (-sums[row], row)) if sums[row] > 0][:k]
    assert Postings(made.size, made.ends, made.rows, made.worth, long).best(weighing, mask, k).tolist() == best


@given(st.lists(st.sampled_from([float("nan"), -1.0, 0.0, 2.0, 3.5]), max_size=12), st.integers(-1, 14))
def test_the_first_are_the_largest_with_ties_by_position_and_nan_last(scores: list[float], k: int) -> None:
    known = [-np.inf if np.isnan(score) else score for score in scores]
    wanted = sorted(range(len(scores)), key=lambda i: (-known[i], i))
    assert first(np.array(scores), k).tolist() == wanted[: max(k, 0)]


def test_rows_that_hold_a_column_are_listed() -> None:
    postings = Postings.of(sparse.csc_matrix(np.array([[1, 0], [0, 0], [1, 0]])), weighted=False)
    assert postings.holding(0).tolist() == [0, 2]
    assert postings.counts.tolist() == [2, 0]
