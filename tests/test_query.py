"""From the ledger and a fetch to a query."""

from agent.plan import Filter, Order, Recommend, Search, SimilarTo
from agent.profile import Moment, Preference, Profile, Statement, remember
from agent.query import Need, build, continued
from retrieval.types import Constraint, Op, Taste, Wish

NOW = Moment("s", 1, "2026-01-01T00:00:00+00:00")


def ledger(*said: Statement) -> tuple[Preference, ...]:
    return remember(Profile(), said, NOW).active("s")


HATES_HORROR = Statement("facet", ("Horror",), "Horror", polarity=-1, facet="genres", hard=True)
LIKES_DRAMA = Statement("facet", ("Drama",), "Drama", facet="genres")
AFTER_2000 = Statement("bound", (2000.0,), "after 2000", facet="year", op=Op.GT, hard=True)
LOVED = Statement("item", ("m1",), "M1")
HATED = Statement("item", ("m2",), "M2", polarity=-1)
SEEN = Statement("item", ("m3",), "M3", seen=True, rated=False)
NOT_TONIGHT = Statement("item", ("m4",), "M4", polarity=-1, confidence=0.3)
FREE = Statement("wish", ("mind-bending",), "mind-bending")


def test_hard_statements_filter_and_soft_ones_lean() -> None:
    query = build(Need(), ledger(HATES_HORROR, LIKES_DRAMA, AFTER_2000))
    assert set(query.constraints) == {
        Constraint("genres", Op.NOT_IN, ("Horror",)),
        Constraint("year", Op.GT, (2000.0,)),
    }
    assert query.wishes == (Wish("genres", "Drama", 1.0),)


def test_judged_and_seen_items_stay_out_and_only_verdicts_are_tastes() -> None:
    query = build(Need(), ledger(LOVED, HATED, SEEN, NOT_TONIGHT))
    assert query.exclude == {"m1", "m2", "m3", "m4"}
    assert query.tastes == (Taste("m1", 1.0), Taste("m2", -1.0), Taste("m4", -0.3))


def test_logged_history_comes_before_what_was_said_and_is_not_recommended_again() -> None:
    query = build(Need(), ledger(LOVED), history=(Taste("old", 1.0),))
    assert query.tastes == (Taste("old", 1.0), Taste("m1", 1.0))
    assert "old" in query.exclude


def test_asking_outright_for_a_value_overrides_the_standing_dislike_of_it_alone() -> None:
    hates_war = Statement("facet", ("War",), "War", polarity=-1, facet="genres", hard=True)
    asked = Constraint("genres", Op.IN, ("Horror",))
    query = build(Need(constraints=(asked,)), ledger(HATES_HORROR, hates_war))
    assert set(query.constraints) == {asked, Constraint("genres", Op.NOT_IN, ("War",))}


def test_an_exclusion_never_overrides_a_standing_condition() -> None:
    asked = Constraint("genres", Op.NOT_IN, ("Drama",))
    assert (
        Constraint("genres", Op.NOT_IN, ("Horror",))
        in build(Need(constraints=(asked,)), ledger(HATES_HORROR)).constraints
    )


def test_what_is_unwanted_in_free_words_is_handed_on_as_such() -> None:
    gore = Statement("wish", ("gore",), "gore", polarity=-1)
    assert build(Need(text="a heist"), ledger(gore)).avoid == "gore"


def test_free_wishes_are_the_text_when_nothing_else_is_asked() -> None:
    assert build(Need(), ledger(FREE)).text == "mind-bending"
    assert build(Need(text="a heist"), ledger(FREE)).text == "a heist"


YEARS = Filter(facet="year", op=Op.GE, values=(1990,))
COMEDY = Filter(facet="genres", op=Op.IN, values=("Comedy",))


def test_a_continued_search_keeps_its_filters_but_those_of_the_same_side() -> None:
    last = Search(query="heist", filters=(YEARS, COMEDY))
    newer = Filter(facet="year", op=Op.GT, values=(2005,))
    assert continued(last, Search(keep=True, filters=(newer,))) == Search(query="heist", filters=(COMEDY, newer))


def test_a_dropped_facet_goes_from_a_continued_search() -> None:
    last = SimilarTo(titles=("Heat",), filters=(YEARS, COMEDY))
    assert continued(last, Search(keep=True, drop=("year",))) == SimilarTo(titles=("Heat",), filters=(COMEDY,))


def test_a_continued_recommendation_becomes_a_search_only_when_words_or_an_order_come_in() -> None:
    last = Recommend(filters=(COMEDY,))
    assert continued(last, Search(keep=True, filters=(YEARS,))) == Recommend(filters=(COMEDY, YEARS))
    assert continued(last, Search(keep=True, sort=Order(facet="year"))) == Search(
        filters=(COMEDY,), sort=Order(facet="year")
    )


def test_a_fresh_search_starts_from_nothing() -> None:
    assert continued(Search(query="old", filters=(YEARS,)), Search(query="new")) == Search(query="new")
