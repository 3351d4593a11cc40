"""Ranking metrics against numbers worked out by hand."""

import numpy as np
import pytest

from retrieval import metrics

SCORES = np.array([[0.9, 0.8, 0.7, 0.1], [0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 0.5, 0.0]], dtype=np.float32)
TARGETS = np.array([1, 0, 2])
FREE = np.zeros((3, 4), dtype=np.bool_)


def test_a_rank_counts_what_is_strictly_better_and_half_of_the_ties() -> None:
    assert metrics.ranks(SCORES, TARGETS, FREE).tolist() == [2.0, 4.0, 2.0]


def test_what_a_person_has_met_does_not_compete() -> None:
    barred = FREE.copy()
    barred[0, 0] = True
    assert metrics.ranks(SCORES, TARGETS, barred)[0] == 1.0


def test_hit_rate_and_ndcg_at_ten() -> None:
    ranks = np.array([1.0, 2.0, 10.0, 11.0])
    assert metrics.hit_rate(ranks) == pytest.approx(0.75)
    assert metrics.ndcg(ranks) == pytest.approx((1 + 1 / np.log2(3) + 1 / np.log2(11)) / 4)
