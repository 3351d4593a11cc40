"""From the words of a plan to things of the catalogue."""

import pytest

from agent.facts import answer
from agent.ledger import named, statements_of, verdict_of
from agent.observations import Answered, Unresolved
from agent.plan import Details, Filter, React, Remember, Search
from agent.ports import PlanContext
from agent.profile import Moment, Profile, remember
from agent.resolve import Free, Scene, Valued, condition_of, item_of, thing_of
from agent.rules.reading import rules_for
from agent.rules.understand import understand
from agent.wording import condition_label, item_label
from retrieval.catalog import Catalog
from retrieval.entities import Linker
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.types import Constraint, Item, Op

SPEC = CatalogSpec(
    name="wines",
    noun="wine",
    nouns="wines",
    facets={
        "grape": FacetSpec(kind="categorical", label="grape", multi=True),
        "maker": FacetSpec(kind="categorical", label="maker", people=True, phrases=("by",)),
        "year": FacetSpec(kind="numeric", label="year", more=("younger",), less=("older",)),
        "price": FacetSpec(kind="numeric", label="price", unit="$", less=("cheaper",)),
        "organic": FacetSpec(kind="boolean", label="organic"),
    },
)
WINES = (
    Item("w1", "Old Vine Red", "Dark fruit.", {"grape": ("Merlot", "Malbec"), "year": 2010.0, "price": 30.0}),
    Item("w2", "Harbour White", "Citrus.", {"grape": ("Riesling",), "maker": "Ann Keller", "organic": True}),
    Item("w3", "Midnight", "Plum.", {"grape": ("Merlot",), "year": 1999.0}),
    Item("w4", "Midnight", "Cherry.", {"grape": ("Malbec",), "year": 2015.0, "organic": False}),
)


@pytest.fixture(scope="module")
def scene() -> Scene:
    catalog = Catalog(WINES, SPEC)
    return Scene(catalog, Linker(catalog), shown=(WINES[1], WINES[0]))


def test_a_number_in_brackets_means_the_list_shown_last(scene: Scene) -> None:
    assert item_of("[2]", scene) == WINES[0]
    assert item_of("[9]", scene) == Unresolved("[9]")


def test_an_id_from_code_resolves_and_an_unknown_one_does_not(scene: Scene) -> None:
    assert item_of("id:w3", scene) == WINES[2]
    assert item_of("id:nope", scene) == Unresolved("nope")


def test_one_name_for_two_items_is_asked_about_and_the_year_decides(scene: Scene) -> None:
    found = item_of("Midnight", scene)
    assert isinstance(found, Unresolved)
    assert {i.item_id for i in found.suggestions} == {"w3", "w4"}
    assert item_of("Midnight (2015)", scene) == WINES[3]


def test_an_unknown_title_is_never_replaced_by_its_neighbour(scene: Scene) -> None:
    assert isinstance(item_of("Chateau Zyxwv Reserve", scene), Unresolved)


def test_a_misspelt_title_of_some_length_is_linked(scene: Scene) -> None:
    assert item_of("Harbor Wite", scene) == WINES[1]


def test_facet_values_are_recognised_with_and_without_their_facet(scene: Scene) -> None:
    assert thing_of("grape: merlot", scene) == Valued("grape", "Merlot")
    assert thing_of("Merlot", scene) == Valued("grape", "Merlot")
    assert thing_of("grape: Cola", scene) == Unresolved("Cola")


def test_words_that_name_nothing_are_a_wish(scene: Scene) -> None:
    assert thing_of("something for a rainy evening", scene) == Free("something for a rainy evening")


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        (Filter(facet="price", op=Op.LE, values=("25",)), Constraint("price", Op.LE, (25.0,))),
        (Filter(facet="organic", op=Op.IN, values=("yes",)), Constraint("organic", Op.IN, (True,))),
        (
            Filter(facet="grape", op=Op.NOT_IN, values=("malbec", "merlot")),
            Constraint("grape", Op.NOT_IN, ("Malbec", "Merlot")),
        ),
        (Filter(facet="grape", op=Op.IN, values=("cola",)), Unresolved("cola")),
        (Filter(facet="colour", op=Op.IN, values=("red",)), Unresolved("colour")),
        (Filter(facet="price", op=Op.LE, values=("cheap",)), Unresolved("cheap")),
    ],
)
def test_filters_become_conditions_or_are_told(scene: Scene, asked: Filter, condition: Constraint | Unresolved) -> None:
    assert condition_of(asked, scene) == condition


def test_one_message_keeps_each_polarity_apart(scene: Scene) -> None:
    call = Remember(likes=("Old Vine Red", "grape: Riesling"), dislikes=("[1]",), avoids=("grape: Malbec",))
    said, unresolved = statements_of(call, scene)
    assert [(s.label, s.polarity, s.hard) for s in said] == [
        ("Old Vine Red (2010)", 1, False),
        ("Riesling", 1, False),
        ("Harbour White", -1, False),
        ("Malbec", -1, True),
    ]
    assert not unresolved


def test_an_unknown_like_is_reported_beside_the_known_ones(scene: Scene) -> None:
    said, unresolved = statements_of(Remember(likes=("Old Vine Red", "Midnight")), scene)
    assert [s.label for s in said] == ["Old Vine Red (2010)"]
    assert [u.mention for u in unresolved] == ["Midnight"]


def test_preferences_are_found_again_by_item_value_and_words(scene: Scene) -> None:
    said, _ = statements_of(Remember(likes=("Old Vine Red", "grape: Riesling", "smoky")), scene)
    active = remember(Profile(), said, Moment("s", 1, "2026-01-01T00:00:00+00:00")).active("s")
    assert [p.said.label for p in named("old vine red", active, scene)] == ["Old Vine Red (2010)"]
    assert [p.said.label for p in named("riesling", active, scene)] == ["Riesling"]
    assert [p.said.label for p in named("smoky", active, scene)] == ["smoky"]
    assert len(named("everything", active, scene)) == 3


def test_a_verdict_on_an_unknown_item_is_told(scene: Scene) -> None:
    assert isinstance(verdict_of(React(item="[7]", verdict="like"), scene), Unresolved)


@pytest.mark.parametrize(
    ("call", "answer_is", "value"),
    [
        (Details(item="[1]", facet="organic", value="yes"), "yes", "yes"),
        (Details(item="Midnight (2015)", facet="organic", value="yes"), "no", "no"),
        (Details(item="[2]", facet="organic", value="yes"), "unknown", ""),
        (Details(item="[2]", facet="price"), "value", "$30"),
        (Details(item="[2]", facet="grape", value="malbec"), "yes", "Merlot, Malbec"),
        (Details(item="[2]", facet="grape", value="Riesling"), "no", "Merlot, Malbec"),
        (Details(item="[2]", question="who painted the label?"), "unknown", ""),
    ],
)
def test_facts_are_yes_no_a_value_or_unknown(scene: Scene, call: Details, answer_is: str, value: str) -> None:
    told = answer(call, scene)
    assert isinstance(told, Answered)
    assert (told.answer, told.value) == (answer_is, value)


def test_labels_read_as_people_write(scene: Scene) -> None:
    catalog = scene.catalog
    assert item_label(WINES[2], catalog) == "Midnight (1999)"
    assert condition_label(Constraint("year", Op.LT, (2000.0,)), catalog) == "year before 2000"
    assert condition_label(Constraint("price", Op.LE, (25.0,)), catalog) == "price at most $25"
    assert condition_label(Constraint("grape", Op.IN, ("Merlot", "Malbec")), catalog) == "Merlot or Malbec"


@pytest.mark.parametrize("said", ["under $25", "under 25", "less than 25 dollars", "at most 25 euros"])
def test_a_price_without_a_currency_is_bounded_in_whatever_people_name(said: str) -> None:
    spec = SPEC.model_copy(
        update={"facets": {**SPEC.facets, "price": SPEC.facets["price"].model_copy(update={"unit": ""})}}
    )
    catalog = Catalog(WINES, spec)
    plan = understand(PlanContext(text=f"a merlot {said}"), rules_for(catalog, Linker(catalog)))
    filters = [f for action in plan.actions if isinstance(action, Search) for f in action.filters]
    assert [f.values for f in filters if f.facet == "price" and f.op in (Op.LT, Op.LE)] == [(25.0,)]


def test_a_value_with_a_slip_is_the_value_and_an_unknown_one_is_not(scene: Scene) -> None:
    assert thing_of("maker: ann kellar", scene) == Valued("maker", "Ann Keller")
    assert thing_of("grape: reisling", scene) == Valued("grape", "Riesling")
    assert isinstance(thing_of("maker: Zoe Unknown", scene), Unresolved)
    assert isinstance(thing_of("grape: Ann Keller", scene), Unresolved)
