"""The three families of collaborative filters, and what is kept of them on disk."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.cf import Model, load_cf, save_cf
from retrieval.cf_ease import Ease
from retrieval.cf_implicit import Factors, Neighbours
from retrieval.errors import IndexUnusable
from retrieval.interactions import InteractionLog
from retrieval.manifest import EventSpec
from retrieval.snapshots import Recipe
from retrieval.types import Interaction, Taste
from tests.contracts_cf import ITEMS, CFContract, checkerboard

RECIPES = (Ease(regularisation=5.0), Neighbours(neighbours=8), Factors())


def learned(recipe: Recipe) -> Model:
    return recipe.learn(checkerboard())


class TestEase(CFContract):
    @pytest.fixture
    def model(self) -> Model:
        return learned(RECIPES[0])


class TestNeighbours(CFContract):
    @pytest.fixture
    def model(self) -> Model:
        return learned(RECIPES[1])


class TestFactors(CFContract):
    @pytest.fixture
    def model(self) -> Model:
        return learned(RECIPES[2])


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_model_that_was_saved_scores_as_before(recipe: Recipe, tmp_path: Path) -> None:
    model = learned(recipe)
    save_cf(model, tmp_path)
    tastes = (Taste("tea0"), Taste("ale1", -0.5))
    again = load_cf(tmp_path)
    assert again.name == model.name
    np.testing.assert_allclose(again.scores(tastes, ITEMS), model.scores(tastes, ITEMS), rtol=1e-5)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_damaged_model_says_to_rebuild(recipe: Recipe, tmp_path: Path) -> None:
    save_cf(learned(recipe), tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(IndexUnusable, match="rebuild"):
        load_cf(tmp_path)


def test_ease_weights_are_the_closed_form_of_the_paper() -> None:
    log = checkerboard()
    met = log.met().toarray()[:, :-1]
    inverse = np.linalg.inv(met.T @ met + 5.0 * np.eye(met.shape[1]))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    model = learned(Ease(regularisation=5.0))
    found = model.scores((Taste("tea0"),), ITEMS[:-1])
    np.testing.assert_allclose(found, expected[0], atol=1e-4)


def test_older_judgements_fade_by_the_half_life() -> None:
    model = learned(Ease(regularisation=5.0, half_life=1.0))
    parts = dict(model.contributions((Taste("tea0"), Taste("tea1")), "tea2"))
    alone = {i: model.contributions((Taste(i),), "tea2")[0][1] for i in ("tea0", "tea1")}
    assert parts["tea1"] == pytest.approx(alone["tea1"], rel=1e-5)
    assert parts["tea0"] == pytest.approx(alone["tea0"] / 2, rel=1e-5)


def test_a_log_reads_values_by_the_event_types_and_keeps_histories_in_order() -> None:
    events = [
        Interaction("ann", "tea0", "stars", 9, 300.0),
        Interaction("ann", "tea1", "stars", 2, 100.0),
        Interaction("ann", "tea2", "stars", 5, 200.0),
        Interaction("bob", "tea0", "stars", 9, 50.0),
    ]
    log = InteractionLog.from_interactions(events, {"stars": EventSpec(like_from=7, dislike_to=3)}, ITEMS)
    history = log.history("ann")
    assert [t.item_id for t in history] == ["tea1", "tea2", "tea0"]
    assert history[0].weight < 0 < history[1].weight < history[2].weight
    assert log.history("nobody we know") == ()
