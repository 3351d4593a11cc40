"""What is asked for next to what was learned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.fusion import Fusion, Term
from retrieval.ports import Scores
from retrieval.weighing import PRIORS, SOFTENED, Ask, weigh, with_priors

LEARNED = Fusion(
    (Term("cf", "raw", 0.0, 1.0, 2.0), Term("popularity", "log", 1.0, 1.0, 0.5)), slope=0.5, intercept=-0.2
)
COLUMNS: dict[str, Scores] = {
    "cf": np.array([1, 0, -1], dtype=np.float32),
    "popularity": np.array([9, 3, 1], dtype=np.float32),
    "content": np.array([0, 0.2, 1], dtype=np.float32),
}


def test_what_no_log_can_teach_has_a_prior_whatever_the_slope() -> None:
    fused = weigh(COLUMNS, LEARNED, "nothing")
    assert fused.parts["content"].tolist() == pytest.approx([0, 0.8, 4.0])


def test_a_learned_weight_is_kept() -> None:
    taught = Fusion((Term("content", "raw", 0.0, 1.0, 1.0),))
    assert weigh(COLUMNS, taught, "nothing").parts["content"].tolist() == pytest.approx([0, 0.2, 1.0])
    assert {term.feature for term in with_priors(taught).terms} == {prior.feature for prior in PRIORS}


def test_a_text_makes_what_is_known_of_the_person_weigh_less() -> None:
    silent, asked = weigh(COLUMNS, LEARNED, "nothing"), weigh(COLUMNS, LEARNED, "text")
    assert asked.parts["cf"].tolist() == pytest.approx((SOFTENED["text"]["cf"] * silent.parts["cf"]).tolist())
    assert asked.parts["popularity"].tolist() == silent.parts["popularity"].tolist()


def test_a_twist_to_a_named_item_decides_only_among_items_like_it() -> None:
    silent, twisted = weigh(COLUMNS, LEARNED, "nothing"), weigh(COLUMNS, LEARNED, "twist")
    assert twisted.parts["cf"].tolist() == silent.parts["cf"].tolist()
    assert twisted.parts["content"].tolist() == pytest.approx((0.25 * silent.parts["content"]).tolist())


def test_without_a_fusion_ranks_decide_and_a_text_still_comes_first() -> None:
    assert int(np.argmax(weigh(COLUMNS, None, "nothing").scores)) == 0
    only = {name: COLUMNS[name] for name in ("cf", "content")}
    assert int(np.argmax(weigh(only, None, "text").scores)) == 2


@given(
    st.sampled_from(["nothing", "text", "twist"]),
    st.sampled_from([None, LEARNED]),
    st.lists(st.floats(-50, 50, width=32), min_size=3, max_size=3),
)
def test_scores_stay_between_zero_and_one(asked: Ask, fusion: Fusion | None, content: list[float]) -> None:
    fused = weigh(COLUMNS | {"content": np.array(content, dtype=np.float32)}, fusion, asked)
    assert ((fused.scores >= 0) & (fused.scores <= 1)).all()
