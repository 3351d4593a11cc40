"""What every collaborative filter must do, as one class to run on each of them."""

import numpy as np
import pytest

from retrieval.interactions import InteractionLog
from retrieval.ports import CFModel
from retrieval.types import Interaction, Taste

FAMILIES = ("tea", "ale")
ITEMS = (*(f"{family}{n}" for family in FAMILIES for n in range(8)), "nobody")


def checkerboard(people: int = 40) -> InteractionLog:
    """Half of the people meet six of the teas each, the other half six of the ales; nobody meets both."""
    rng = np.random.default_rng(0)
    events = [
        Interaction(f"u{person}", f"{FAMILIES[person % 2]}{n}")
        for person in range(people)
        for n in rng.permutation(8)[:6]
    ]
    return InteractionLog.from_interactions(events, {}, ITEMS)


class CFContract:
    """Subclass and give the fixture `model`, learned from `checkerboard()`."""

    @pytest.fixture
    def model(self) -> CFModel:
        """Learn."""
        raise NotImplementedError

    def test_likes_lead_to_their_own_kind(self, model: CFModel) -> None:
        best = [item_id for item_id, _ in model.recommend((Taste("tea0"), Taste("tea1")), 5, frozenset())]
        assert best
        assert all(item_id.startswith("tea") for item_id in best)

    def test_judged_and_excluded_items_never_come_back(self, model: CFModel) -> None:
        found = model.recommend((Taste("tea0"), Taste("ale0", -1.0)), 50, frozenset({"tea1"}))
        assert not {"tea0", "ale0", "tea1"} & {item_id for item_id, _ in found}

    def test_at_most_k_come_best_first_and_above_zero(self, model: CFModel) -> None:
        scores = [score for _, score in model.recommend((Taste("tea0"),), 3, frozenset())]
        assert len(scores) <= 3
        assert scores == sorted(scores, reverse=True)
        assert all(score > 0 for score in scores)

    def test_an_empty_history_and_unknown_items_are_legal(self, model: CFModel) -> None:
        assert model.recommend((), 5, frozenset()) == []
        assert model.scores((), ("tea0",)).tolist() == [0.0]
        assert model.scores((Taste("tea0"),), ("nobody", "never heard of")).tolist() == [0.0, 0.0]
        assert model.recommend((Taste("never heard of"),), 5, frozenset()) == []

    def test_a_dislike_pulls_its_kind_down(self, model: CFModel) -> None:
        liked, torn = (Taste("tea0"),), (Taste("tea0"), Taste("tea1", -1.0))
        assert model.scores(torn, ("tea2",))[0] < model.scores(liked, ("tea2",))[0]

    def test_contributions_add_up_to_the_score_largest_first(self, model: CFModel) -> None:
        tastes = (Taste("tea0"), Taste("tea1", 0.5), Taste("ale0", -1.0))
        parts = model.contributions(tastes, "tea2")
        assert sum(part for _, part in parts) == pytest.approx(float(model.scores(tastes, ("tea2",))[0]), abs=1e-3)
        assert [part for _, part in parts] == sorted((part for _, part in parts), reverse=True)
        assert {item_id for item_id, _ in parts} <= {"tea0", "tea1", "ale0"}

    def test_the_same_question_has_the_same_answer(self, model: CFModel) -> None:
        tastes = (Taste("tea0"), Taste("ale1", -0.5))
        assert model.recommend(tastes, 9, frozenset()) == model.recommend(tastes, 9, frozenset())
