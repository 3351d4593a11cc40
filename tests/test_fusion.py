"""Fusing signals into one calibrated score, and learning how from choices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import IndexUnusable
from retrieval.fusion import Fusion, Term, reciprocal_rank_fusion
from retrieval.learn import Lists, learn

FUSION = Fusion((Term("cf", "raw", 1.0, 2.0, 3.0), Term("popularity", "log", 0.0, 1.0, 0.5)), 0.5, -0.1)
COLUMNS = {"cf": np.array([3, 1, np.nan], dtype=np.float32), "popularity": np.array([0, 9, 99], dtype=np.float32)}


def test_parts_and_intercept_add_up_to_the_logit_of_the_score() -> None:
    fused = FUSION.fuse(COLUMNS)
    logits = np.log(fused.scores / (1 - fused.scores))
    np.testing.assert_allclose(logits, -0.1 + fused.parts["cf"] + fused.parts["popularity"], atol=1e-4)
    assert fused.parts["cf"].tolist() == pytest.approx([1.5, 0.0, 0.0])


def test_an_absent_signal_adds_nothing_and_one_without_a_term_is_ignored() -> None:
    assert FUSION.fuse({"popularity": COLUMNS["popularity"]}).parts.keys() == {"popularity"}
    assert FUSION.fuse({**COLUMNS, "mood": COLUMNS["cf"]}).parts.keys() == {"cf", "popularity"}


def test_columns_of_different_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match="length"):
        FUSION.fuse({"cf": np.zeros(2, dtype=np.float32), "popularity": np.zeros(3, dtype=np.float32)})


def test_weights_survive_the_way_through_json_and_damage_is_told() -> None:
    assert Fusion.from_json(FUSION.to_json()) == FUSION
    with pytest.raises(IndexUnusable, match="rebuild"):
        Fusion.from_json({"terms": [{"feature": "cf"}]})


@given(st.lists(st.floats(-5, 5, width=32), min_size=2, max_size=30))
def test_reciprocal_ranks_put_first_what_is_first_everywhere(values: list[float]) -> None:
    column = np.array(values, dtype=np.float32)
    fused = reciprocal_rank_fusion({"a": column, "b": column * 2})
    assert fused.scores.max() == pytest.approx(fused.scores[int(np.argmax(column))])
    assert ((fused.scores >= 0) & (fused.scores <= 1)).all()


def choices(taste: float) -> Lists:
    """People who choose by `taste` times one column; the other column is noise."""
    rng = np.random.default_rng(0)
    signal, noise = (rng.normal(size=(600, 12)).astype(np.float32) for _ in range(2))
    chosen = (taste * signal + rng.gumbel(size=signal.shape)).argmax(axis=1)
    order = np.argsort(np.arange(12)[None] != chosen[:, None], axis=1, kind="stable")
    values = {(n, "raw"): np.take_along_axis(c, order, axis=1) for n, c in (("cf", signal), ("graph", noise))}
    return Lists(values, np.ones((600, 12), dtype=np.float32))  # type: ignore[arg-type]


def test_learning_finds_what_people_choose_by() -> None:
    weights = {term.feature: term.weight / term.scale for term in learn(choices(2.0)).terms}
    assert weights["cf"] > 1.0
    assert abs(weights["graph"]) < 0.25 * weights["cf"]


def test_a_learned_score_is_the_chance_against_one_rival() -> None:
    lists = choices(2.0)
    fusion = learn(lists)
    logits = fusion.logits({name: column for (name, _), column in lists.values.items()})
    scores = 1 / (1 + np.exp(-logits))
    assert scores[:, 0].mean() > 0.65
    assert scores[:, 1:].mean() < 0.45


def test_nothing_to_learn_from_gives_a_fusion_without_terms() -> None:
    flat = Lists({("cf", "raw"): np.ones((5, 3), dtype=np.float32)}, np.ones((5, 3), dtype=np.float32))
    assert learn(flat).terms == ()
