"""The metrics of an evaluation: on plans compared by hand, and what holds of any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.plan import Action, Details, Filter, React, Recommend, Remember, Search, SimilarTo
from agent.resolve import Scene
from finetune.evaluate_metrics import Part, figures, plan_parts, quantiles, title_parts
from finetune.evaluate_reading import Polarity, Reading, read_plan
from retrieval.types import Op
from tests.light_index import light_index

_ITEMS = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(("", "like", "dislike")), max_size=6)
_PARTS = st.dictionaries(
    st.sampled_from(("x", "y")),
    st.tuples(st.integers(0, 3), st.integers(3, 5)).map(lambda p: (float(p[0]), float(p[1]))),
)
_CASES = st.lists(st.tuples(st.sampled_from("dlog"), _PARTS), max_size=12)


@pytest.fixture(scope="module")
def scene() -> Scene:
    index = light_index("movies")
    return Scene(index.catalog, index.linker)


def read(scene: Scene, *actions: Action) -> Reading:
    return read_plan(actions, scene)


def search(*filters: Filter, query: str = "") -> Search:
    return Search(query=query, filters=filters)


def within(*genres: str) -> Filter:
    return Filter(facet="genres", op=Op.IN, values=genres)


def test_conditions_are_compared_as_a_set_as_the_catalogue_spells_them(scene: Scene) -> None:
    year = Filter(facet="year", op=Op.GE, values=(1990.0,))
    wanted = read(scene, search(within("Comedy", "Drama"), year))
    said = read(scene, search(year, within("drama", "comedies")))
    assert plan_parts(wanted, said)["conditions"] == (1.0, 1.0)
    assert plan_parts(wanted, read(scene, search(year)))["conditions"] == (0.0, 1.0)
    assert plan_parts(wanted, read(scene, search(year, within("Comedy"))))["conditions"] == (0.0, 1.0)


def test_a_condition_that_nobody_stated_counts_as_invented(scene: Scene) -> None:
    wanted = read(scene, Recommend())
    assert plan_parts(wanted, read(scene, Recommend(filters=(within("Horror"),))))["no_conditions"] == (0.0, 1.0)
    assert "conditions" not in plan_parts(wanted, wanted)


def test_a_title_counts_however_it_is_written_and_wherever_it_stands(scene: Scene) -> None:
    wanted = read(scene, Remember(likes=("Heat (1995)",), dislikes=("Titanic (1997)",)))
    said = read(scene, SimilarTo(titles=("heat (1995)",)), React(item="Titanic (1997)", verdict="reject"))
    assert wanted.named == said.named
    parts = title_parts(wanted.named, said.named)
    assert parts["f1"] == (4, 4)
    assert parts["polarity"] == (2, 2)


def test_a_title_with_the_wrong_sign_is_linked_and_judged_wrong(scene: Scene) -> None:
    wanted = read(scene, Remember(likes=("Heat (1995)",)))
    parts = title_parts(wanted.named, read(scene, Remember(dislikes=("Heat (1995)",))).named)
    assert parts["recall"] == (1, 1)
    assert parts["polarity"] == (0, 1)


def test_a_title_that_is_liked_and_disliked_is_never_right(scene: Scene) -> None:
    both = read(scene, Remember(likes=("Heat (1995)",), dislikes=("Heat (1995)",)))
    liked = read(scene, Remember(likes=("Heat (1995)",)))
    assert title_parts(liked.named, both.named)["polarity"] == (0, 1)


def test_a_title_that_is_only_named_is_linked_and_not_judged(scene: Scene) -> None:
    liked = read(scene, Remember(likes=("Heat (1995)",)))
    parts = title_parts(liked.named, read(scene, Details(item="Heat (1995)")).named)
    assert parts["f1"] == (2, 2)
    assert parts["judged"] == (0, 1)
    assert "polarity" not in parts


def test_what_is_not_in_the_catalogue_is_no_title(scene: Scene) -> None:
    said = read(scene, Remember(likes=("Qwertzuiop Zyx",)))
    assert not said.named
    assert said.unknown == ("Qwertzuiop Zyx",)


def test_a_whole_plan_keeps_every_word_of_a_wish_and_every_other_argument(scene: Scene) -> None:
    wanted = read(scene, Search(query="sad memory", keep=True))
    assert plan_parts(wanted, read(scene, Search(query="a sad lost memory", keep=True)))["plan"] == (1.0, 1.0)
    assert plan_parts(wanted, read(scene, Search(query="sad", keep=True)))["plan"] == (0.0, 1.0)
    assert plan_parts(wanted, read(scene, Search(query="sad memory")))["plan"] == (0.0, 1.0)


def test_tools_are_compared_as_a_set_and_the_first_one_for_itself(scene: Scene) -> None:
    wanted = read(scene, Remember(likes=("Heat (1995)",)), Recommend())
    turned = plan_parts(wanted, read(scene, Recommend(), Remember(likes=("Heat (1995)",))))
    assert (turned["tools"], turned["first_tool"], turned["plan"]) == ((1.0, 1.0), (0.0, 1.0), (0.0, 1.0))
    assert plan_parts(wanted, Reading())["tools"] == (0.0, 1.0)


@given(_ITEMS)
def test_what_is_expected_is_right_in_every_way(items: dict[str, Polarity]) -> None:
    reading = Reading(tools=("remember",), items=items)
    parts = {**plan_parts(reading, reading), **title_parts(items, items)}
    assert all(right == of for right, of in parts.values())


@given(_ITEMS, _ITEMS)
def test_f1_lies_between_precision_and_recall_and_does_not_mind_who_is_right(
    one: dict[str, Polarity], other: dict[str, Polarity]
) -> None:
    there, back = title_parts(one, other), title_parts(other, one)
    assert there.get("f1") == back.get("f1")
    assert there.get("precision") == back.get("recall")
    if one and other:
        shares = {name: there[name][0] / there[name][1] for name in ("precision", "recall", "f1")}
        assert min(shares["precision"], shares["recall"]) <= shares["f1"] + 1e-9
        assert shares["f1"] <= max(shares["precision"], shares["recall"]) + 1e-9


@given(_CASES, st.integers(0, 5))
def test_a_figure_is_the_ratio_of_the_sums_within_its_interval_and_the_same_for_a_seed(
    cases: list[tuple[str, dict[str, Part]]], seed: int
) -> None:
    found = figures(cases, seed, resampled=50)
    for name, figure in found.items():
        counted = [parts[name] for _, parts in cases if name in parts]
        assert figure.value == pytest.approx(sum(p[0] for p in counted) / sum(p[1] for p in counted))
        assert 0 <= figure.low <= figure.high <= 1
        assert figure.cases == len(counted)
    assert found == figures(cases, seed, resampled=50)


def test_an_interval_is_wider_when_the_cases_of_a_dialogue_stand_and_fall_together() -> None:
    right, wrong = {"x": (1.0, 1.0)}, {"x": (0.0, 1.0)}
    cases = [right, wrong] * 40
    apart = figures([(str(n), part) for n, part in enumerate(cases)])["x"]
    together = figures([(str(n % 2), part) for n, part in enumerate(cases)])["x"]
    assert together.high - together.low > apart.high - apart.low


def test_laps_are_summed_up_by_their_median_and_95th_percentile() -> None:
    assert quantiles([float(n) for n in range(101)]) == {"p50": 50.0, "p95": 95.0, "n": 101}
    assert quantiles([]) == {"p50": 0.0, "p95": 0.0, "n": 0}
