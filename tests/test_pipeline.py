"""Whatever is asked of Retriever: conditions hold, answers repeat, grounds can be looked up, ranks are exact."""

import pytest
from hypothesis import given, settings

from retrieval.evidence import resolves
from retrieval.pipeline import Retriever
from retrieval.types import Query
from tests.tea_shop import SHOP, TEAS, UNLEARNED, fits, ids, queries


@pytest.mark.parametrize("retriever", [SHOP, UNLEARNED], ids=["learned", "unlearned"])
@settings(max_examples=150, deadline=None)
@given(query=queries)
def test_whatever_is_asked_conditions_and_exclusions_hold_and_k_is_kept(retriever: Retriever, query: Query) -> None:
    found = retriever.retrieve(query)
    known = query.exclude | {t.item_id for t in query.tastes} | set(query.anchors)
    matching = {item.item_id for item in TEAS.items if all(fits(item, c) for c in query.constraints)}
    assert found.matching == len(matching)
    assert set(ids(found)) <= matching - known
    assert len(ids(found)) == min(query.k, len(matching - known))
    assert len(set(ids(found))) == len(ids(found))
    assert all(0 <= candidate.score <= 1 for candidate in found.candidates)


@settings(max_examples=100, deadline=None)
@given(query=queries)
def test_the_same_query_gives_the_same_answer(query: Query) -> None:
    assert SHOP.retrieve(query).candidates == SHOP.retrieve(query).candidates


@settings(max_examples=100, deadline=None)
@given(query=queries)
def test_every_ground_can_be_looked_up_in_the_catalogue(query: Query) -> None:
    for candidate in SHOP.retrieve(query).candidates:
        assert all(resolves(ground, candidate, TEAS) for ground in candidate.evidence)
        assert sum(ground.weight for ground in candidate.evidence) <= 1 + 1e-6


@settings(max_examples=100, deadline=None)
@given(query=queries)
def test_relaxations_name_exactly_what_would_match(query: Query) -> None:
    found = SHOP.retrieve(query)
    known = query.exclude | {t.item_id for t in query.tastes} | set(query.anchors)
    for relaxation in found.relaxations:
        kept = [c for c in query.constraints if c not in relaxation.dropped]
        would = [i for i in TEAS.items if i.item_id not in known and all(fits(i, c) for c in kept)]
        assert relaxation.count == len(would) > 0


@settings(max_examples=60, deadline=None)
@given(query=queries.filter(lambda q: q.diversity == 0 and q.k > 0))
def test_the_rank_of_an_item_is_its_place_in_the_undiversified_list(query: Query) -> None:
    for place, item_id in enumerate(ids(SHOP.retrieve(query))[:4], start=1):
        assert SHOP.rank_of(query, item_id) == place


@settings(max_examples=60, deadline=None)
@given(query=queries)
def test_an_item_that_was_chosen_is_explained_as_it_was_shown(query: Query) -> None:
    for candidate in SHOP.retrieve(query).candidates[:3]:
        assert SHOP.explain(query, candidate.item.item_id) == candidate
