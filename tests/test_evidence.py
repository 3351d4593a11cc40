"""Why a candidate is in the list, on a shop of teas."""

from retrieval.catalog import as_labels
from retrieval.types import Constraint, Evidence, Op, Query, Taste, Wish
from tests.tea_shop import LIKES_MALT, SHOP, TEAS, UNLEARNED, ids


def test_what_is_bought_together_decides_and_is_cited() -> None:
    found = SHOP.retrieve(Query(tastes=LIKES_MALT, diversity=0.0))
    assert all(int(item_id[1:]) % 2 == 0 for item_id in ids(found))
    for candidate in found.candidates:
        cited = {ground.ref for ground in candidate.evidence if ground.kind == "cf"}
        assert cited
        assert cited <= {"t002", "t008"}


def test_an_item_that_nobody_has_bought_can_win() -> None:
    newcomer = TEAS.items[-3]
    assert isinstance(newcomer.facets["notes"], tuple)
    query = Query(text=newcomer.description, k=1, wishes=(Wish("garden", str(newcomer.facets["garden"])),))
    [first] = SHOP.retrieve(query).candidates
    assert first.item == newcomer
    assert "popularity" not in {ground.kind for ground in first.evidence}


def test_the_sentence_that_speaks_of_the_query_is_cited_with_its_place() -> None:
    item = TEAS.items[-3]
    found = UNLEARNED.explain(Query(text="a tea with yuzu"), item.item_id)
    [ground] = [ground for ground in found.evidence if ground.kind == "text"]
    start, end = map(int, ground.ref.removeprefix("description:").split("-"))
    assert item.description[start:end] == ground.detail
    assert ground.detail.startswith("It tastes of yuzu")


def test_a_condition_that_an_item_meets_is_a_ground() -> None:
    query = Query(constraints=(Constraint("price", Op.LE, (4.0,)), Constraint("garden", Op.NOT_IN, ("Uji",))), k=1)
    [first] = SHOP.retrieve(query).candidates
    met = {(ground.ref, ground.detail) for ground in first.evidence if ground.kind == "wish"}
    assert met == {(f"price={first.item.facets['price']:.0f}", "<= 4"), ("garden!=Uji", "Uji")}


def test_a_condition_that_an_explained_item_breaks_is_none() -> None:
    dear = max(TEAS.items, key=lambda item: float(item.facets.get("price", 0.0)))  # type: ignore[arg-type]
    garden = as_labels(dear.facets.get("garden"))
    query = Query(constraints=(Constraint("price", Op.LE, (1.0,)), Constraint("garden", Op.NOT_IN, garden)))
    assert not [g for g in SHOP.explain(query, dear.item_id).evidence if g.kind == "wish"]


def evidence(query: Query, item_id: str) -> dict[str, list[Evidence]]:
    """Grounds of an item by kind."""
    found: dict[str, list[Evidence]] = {}
    for ground in UNLEARNED.explain(query, item_id).evidence:
        found.setdefault(ground.kind, []).append(ground)
    return found


def test_a_value_of_one_liked_item_is_a_path_and_one_of_several_a_count() -> None:
    target = TEAS.items[4]
    one, both = TEAS.items[9], TEAS.items[14]
    assert {item.facets["garden"] for item in (target, one, both)} == {"Darjeeling"}
    alone = evidence(Query(tastes=(Taste(one.item_id), Taste("t005"))), target.item_id)
    assert (one.item_id, "garden=Darjeeling") in {(e.ref, e.detail) for e in alone["graph"]}
    together = evidence(Query(tastes=(Taste(one.item_id), Taste(both.item_id), Taste("t005"))), target.item_id)
    assert ("garden=Darjeeling", "2/3") in {(e.ref, e.detail) for e in together["facet"]}


def test_likeness_of_texts_names_the_liked_item() -> None:
    [ground] = evidence(Query(tastes=(Taste("t009"),)), "t004")["text"]
    assert (ground.ref, ground.detail) == ("t009", TEAS.items[9].title)


def test_a_disliked_item_is_never_a_ground() -> None:
    grounds = UNLEARNED.explain(Query(tastes=(Taste("t009", -1.0),)), "t004").evidence
    assert "t009" not in {ground.ref for ground in grounds}


def test_a_value_named_in_the_text_is_a_met_wish() -> None:
    found = evidence(Query(text="something from Darjeeling", constraints=()), "t004")
    assert ("garden=Darjeeling", "Darjeeling") in {(e.ref, e.detail) for e in found.get("wish", [])}


def test_a_wish_that_is_met_is_a_ground_and_one_to_avoid_is_none() -> None:
    wishes = (Wish("garden", "Darjeeling"), Wish("price", 5.0), Wish("notes", "rose", -1.0))
    grounds = evidence(Query(wishes=wishes), "t004")["wish"]
    assert {(ground.ref, ground.detail) for ground in grounds} == {
        ("garden=Darjeeling", "Darjeeling"),
        ("price=5", "5"),
    }


def test_popularity_is_a_ground_with_its_count() -> None:
    [ground] = evidence(Query(), "t000")["popularity"]
    assert (ground.ref, ground.detail, ground.weight) == ("popularity", "900", 1.0)


def test_the_heaviest_ground_comes_first_and_conditions_last() -> None:
    query = Query(
        text="a tea with malt", tastes=(Taste("t002"), Taste("t008")), constraints=(Constraint("price", Op.GE, (2.0,)),)
    )
    for candidate in SHOP.retrieve(query).candidates:
        weights = [ground.weight for ground in candidate.evidence]
        assert weights == sorted(weights, reverse=True)
        assert candidate.evidence[-1].detail == ">= 2"
