"""The pipeline of a turn, case by case, on a shop of teas."""

from dataclasses import replace

import numpy as np
import pytest

from retrieval.candidates import Reach
from retrieval.errors import CatalogError, StoreDown
from retrieval.fusion import Fusion, Term
from retrieval.habits import Habits
from retrieval.interactions import InteractionLog
from retrieval.pipeline import Fusions, Retriever
from retrieval.popularity import Popularity
from retrieval.types import Constraint, Interaction, Op, Query, Sort, Taste, Wish
from tests.fakes_retrieval import BruteForceVectors, LetterEmbedder
from tests.tea_shop import LEARNED, LIKES_MALT, SHOP, TEAS, asked, fits, ids, shop


def test_one_search_serves_a_text_anchors_and_tastes_together() -> None:
    _, where, within = asked(Query(text="malt", tastes=LIKES_MALT, anchors=("t010",)))
    assert (where, within) == ((), None)


def test_conditions_reach_the_store_before_the_search() -> None:
    affordable = Constraint("price", Op.LE, (8.0,))
    _, _, within = asked(Query(text="malt", constraints=(affordable,), exclude=frozenset({"t002"})))
    assert within == frozenset(item.item_id for item in TEAS.items if fits(item, affordable)) - {"t002"}


AFFORDABLE = Constraint("price", Op.LE, (8.0,))


@pytest.mark.parametrize(
    ("reach", "calls"),
    [
        (Reach(within=0), [((), None)]),
        (Reach(within=0, fetched=0), []),
        (Reach(within=0, fetched=0, compared=0), [((AFFORDABLE,), None)]),
        (Reach(within=0, spare=0.1), [((), None)] * 3),
    ],
    ids=["checked on what comes back", "compared one by one", "described to the store", "too few came back"],
)
def test_a_large_catalogue_is_searched_in_the_way_that_fits_and_finds_the_same(reach: Reach, calls: list) -> None:
    store, query = BruteForceVectors(), Query(text="malt", constraints=(AFFORDABLE,), exclude=frozenset({"t002"}))
    found = shop(store=store, reach=reach).retrieve(query)
    assert [(where, within) for _, where, within in store.asked] == calls
    assert ids(found) == ids(shop().retrieve(query))


def test_a_few_allowed_items_are_all_scored_without_a_search() -> None:
    store = BruteForceVectors()
    few = Query(text="malt", constraints=(Constraint("garden", Op.IN, ("Uji",)),), k=1000)
    assert len(ids(shop(store=store).retrieve(few))) == sum(i.facets.get("garden") == "Uji" for i in TEAS.items)
    assert store.asked == []


def test_nothing_to_search_for_means_no_search_but_a_full_list() -> None:
    store = BruteForceVectors()
    assert len(ids(shop(store=store).retrieve(Query(k=300)))) == 300
    assert store.asked == []


def test_the_same_text_is_embedded_once() -> None:
    embedder, vectors = LetterEmbedder(), BruteForceVectors()
    rows = embedder.embed([item.description for item in TEAS.items])
    retriever = Retriever(TEAS, embedder, vectors, rows)
    before = len(embedder.embedded)
    for _ in range(3):
        retriever.retrieve(Query(text="smoke"))
    assert embedder.embedded[before:] == ["smoke"]


def test_a_store_that_is_down_is_not_passed_over_in_silence() -> None:
    store = BruteForceVectors()
    retriever = shop(store=store)
    store.down = True
    with pytest.raises(StoreDown):
        retriever.retrieve(Query(text="malt"))


def test_when_nothing_fits_the_smallest_relaxation_is_named() -> None:
    garden, price = Constraint("garden", Op.IN, ("Nowhere",)), Constraint("price", Op.LE, (2.0,))
    found = SHOP.retrieve(Query(constraints=(garden, price)))
    assert found.candidates == ()
    assert found.matching == 0
    assert [relaxation.dropped for relaxation in found.relaxations] == [(garden,)]


def test_when_everything_that_fits_is_known_the_count_says_so() -> None:
    uji = Constraint("garden", Op.IN, ("Uji",))
    known = frozenset(item.item_id for item in TEAS.items if fits(item, uji))
    found = SHOP.retrieve(Query(constraints=(uji,), exclude=known))
    assert (found.candidates, found.matching) == ((), len(known))


def test_a_sort_is_over_the_whole_matching_set() -> None:
    found = SHOP.retrieve(Query(constraints=(Constraint("garden", Op.IN, ("Kyo",)),), sort=Sort("price"), k=3))
    best = max(float(str(i.facets["price"])) for i in TEAS.items if i.facets.get("garden") == "Kyo")
    assert [candidate.item.facets["price"] for candidate in found.candidates] == [best] * 3


def test_items_without_the_sorted_value_come_last() -> None:
    found = SHOP.retrieve(Query(sort=Sort("price", descending=False), k=900))
    known = ["price" in candidate.item.facets for candidate in found.candidates]
    assert known == sorted(known, reverse=True)
    assert False in known


def test_a_sort_with_a_text_orders_what_is_relevant() -> None:
    found = SHOP.retrieve(Query(text="tea of Uji tasting of smoke", sort=Sort("price", descending=False), k=3))
    relevant = set(ids(SHOP.retrieve(Query(text="tea of Uji tasting of smoke", k=50, diversity=0.0))))
    assert set(ids(found)) <= relevant


def test_a_wish_lifts_what_meets_it_and_does_not_filter() -> None:
    wish = Wish("notes", "rose")
    with_wish = SHOP.retrieve(Query(wishes=(wish,), k=10, diversity=0.0))
    assert all("rose" in str(candidate.item.facets["notes"]) for candidate in with_wish.candidates)
    assert with_wish.matching == len(TEAS)


def test_a_wish_to_avoid_pushes_down() -> None:
    plain = ids(SHOP.retrieve(Query(k=1)))
    notes = TEAS.items[TEAS.position(plain[0])].facets["notes"]
    assert isinstance(notes, tuple)
    assert ids(SHOP.retrieve(Query(k=1, wishes=(Wish("notes", notes[0], -1.0),)))) != plain


def test_what_is_unwanted_in_free_words_pushes_down_and_does_not_filter() -> None:
    plain = SHOP.retrieve(Query(text="malt", k=5, diversity=0.0))
    unwanted = plain.candidates[0].item
    calmer = SHOP.retrieve(Query(text="malt", avoid=unwanted.description, k=5, diversity=0.0))
    assert unwanted.item_id not in ids(calmer)
    assert calmer.matching == plain.matching


def test_an_item_that_breaks_a_condition_has_no_rank_but_an_explanation() -> None:
    query = Query(text="malt", constraints=(Constraint("garden", Op.IN, ("Uji",)),))
    assert SHOP.rank_of(query, "t000") is None
    assert SHOP.explain(query, "t000").item.item_id == "t000"


def test_a_list_for_a_logged_history_and_one_for_stated_tastes_are_fused_differently() -> None:
    popular = Fusion((Term("popularity", "log", 1.0, 1.0, 1.0),))
    retriever = shop(fusions=Fusions(taste=LEARNED, next=popular))
    history = Query(tastes=(Taste("t001", at=1.7e9),), diversity=0.0)
    assert ids(retriever.retrieve(history))[:2] == ["t000", "t002"]
    stated = ids(retriever.retrieve(Query(tastes=(Taste("t001"),), diversity=0.0)))
    assert all(int(item_id[1:]) % 2 == 1 for item_id in stated)


def test_only_a_history_alone_asks_what_comes_next_a_kind_of_thing_or_nothing_asks_for_the_best() -> None:
    next_up, best = "t055", "t000"
    known = Fusion((Term("popularity", "log", 1.0, 1.0, 1.0),))
    backwards = Fusion((Term("popularity", "log", 1.0, 1.0, -1.0),))
    retriever = shop(60, fusions=Fusions(taste=known, next=backwards))
    history = (Taste("t001", at=1.7e9),)
    kind = Constraint("price", Op.LE, (9.0,))
    without = Constraint("price", Op.NOT_IN, (2.0,))
    assert ids(retriever.retrieve(Query(tastes=history, diversity=0.0)))[0] == next_up
    assert ids(retriever.retrieve(Query(tastes=history, constraints=(without,), diversity=0.0)))[0] == next_up
    for query in (Query(), Query(constraints=(kind,)), Query(tastes=history, constraints=(kind,))):
        assert ids(retriever.retrieve(replace(query, diversity=0.0)))[0] == best


@pytest.mark.parametrize("call", ["explain", "rank_of"])
def test_an_unknown_item_is_an_error_that_quotes_it(call: str) -> None:
    with pytest.raises(CatalogError, match="'nobody'"):
        getattr(SHOP, call)(Query(), "nobody")


def test_an_unknown_facet_is_an_error_that_quotes_it() -> None:
    with pytest.raises(CatalogError, match="'colour'"):
        SHOP.retrieve(Query(constraints=(Constraint("colour", Op.IN, ("red",)),)))


def test_embeddings_that_do_not_follow_the_catalogue_are_refused() -> None:
    with pytest.raises(ValueError, match="3 rows for 900 items"):
        Retriever(TEAS, LetterEmbedder(), BruteForceVectors(), np.eye(3, dtype=np.float32))


def test_every_stage_is_timed() -> None:
    timings = SHOP.retrieve(Query(text="malt", tastes=LIKES_MALT)).timings_ms
    assert set(timings) == {"embed", "search", "cf", "graph", "fuse", "diversify", "evidence", "total"}


def test_who_follows_the_crowd_gets_what_is_popular_and_who_does_not_gets_the_rest() -> None:
    day = 86_400.0
    crowd = [Interaction(f"p{n}", "t000", timestamp=n * day / 4) for n in range(40)]
    alone = [Interaction(f"q{n}", f"t{n:03}", timestamp=10 * day + n) for n in range(1, 40)]
    log = InteractionLog.from_interactions([*crowd, *alone], {}, TEAS.ids)
    popularity = Popularity.of(log)
    as_of = log.as_of or 0.0
    follows = Fusion((Term("habit:crowd*popularity", "raw", 0.0, 1.0, 1.0),))
    retriever = Retriever(
        TEAS,
        embedder := LetterEmbedder(),
        BruteForceVectors(),
        embedder.embed([item.description for item in TEAS.items]),
        common=popularity.now(as_of + 1),
        fusions=Fusions(next=follows),
        habits=Habits.of(log, popularity),
        as_of=as_of + 1,
    )
    follower, loner = Query(tastes=(Taste("t000", at=9 * day),)), Query(tastes=(Taste("t030", at=10 * day + 30),))
    bought, never = "t001", "t500"
    assert retriever.explain(follower, bought).score > retriever.explain(follower, never).score
    assert retriever.explain(loner, bought).score < retriever.explain(loner, never).score


def test_what_is_asked_for_weighs_more_than_what_is_known_of_the_person() -> None:
    asking = Query(text="a tea with yuzu", tastes=LIKES_MALT)
    silent = Query(tastes=LIKES_MALT)
    assert SHOP.explain(asking, "t004").parts["cf"] == pytest.approx(0.4 * SHOP.explain(silent, "t004").parts["cf"])
