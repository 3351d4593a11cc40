"""The graph of shared facet values, on a small tea shop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.catalog import Catalog
from retrieval.errors import CatalogError
from retrieval.graph import Graph
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.types import FacetValue, Item, Taste

SPEC = CatalogSpec(
    facets={
        "garden": FacetSpec(kind="categorical", label="garden"),
        "notes": FacetSpec(kind="categorical", label="note", multi=True),
        "code": FacetSpec(kind="categorical", label="code", explainable=False),
        "price": FacetSpec(kind="numeric", label="price"),
    }
)


def tea(item_id: str, **facets: FacetValue) -> Item:
    """Make an item."""
    return Item(item_id, item_id.title(), "", facets)


SHOP = Catalog(
    [
        tea("assam", garden="Halem", notes=("malt", "honey"), code="x", price=5.0),
        tea("dianhong", garden="Feng", notes=("malt", "cocoa"), code="x"),
        tea("halem", garden="Halem", notes=("smoke",), price=5.0),
        tea("sencha", garden="Uji", notes=("grass", "honey")),
        tea("matcha", garden="Kyo", notes=("grass",)),
        tea("water"),
    ],
    SPEC,
)
SHOP_GRAPH = Graph(SHOP)


def score(graph: Graph, item_id: str, *tastes: Taste) -> float:
    """Score of one item."""
    return float(graph.scores(tastes)[SHOP.position(item_id)])


def test_items_that_share_a_value_are_linked_and_others_are_not() -> None:
    liked = Taste("assam")
    assert score(SHOP_GRAPH, "halem", liked) > 0
    assert score(SHOP_GRAPH, "dianhong", liked) > 0
    assert score(SHOP_GRAPH, "matcha", liked) == 0
    assert score(SHOP_GRAPH, "water", liked) == 0


def test_a_rare_value_binds_more_than_a_common_one() -> None:
    items = [tea(f"t{i}", garden="Big" if i < 5 else "Small" if i < 7 else f"g{i}") for i in range(12)]
    scores = Graph(Catalog(items, SPEC)).scores([Taste("t0"), Taste("t5")])
    assert scores[6] > scores[1] > 0


def test_a_value_that_most_items_hold_links_nothing() -> None:
    graph = Graph(Catalog([tea(f"t{i}", garden="Everywhere") for i in range(4)], SPEC))
    assert not graph.scores([Taste("t0")]).any()


def test_a_long_list_of_values_does_not_make_an_item_close_to_everything() -> None:
    fillers = tuple(f"filler{i}" for i in range(8))
    items = [tea("a", notes=("malt",)), tea("b", notes=("malt",)), tea("c", notes=("malt", *fillers))]
    others = [tea(f"o{i}", notes=(filler,)) for i, filler in enumerate(fillers)]
    scores = Graph(Catalog([*items, *others], SPEC)).scores([Taste("a")])
    assert scores[1] > scores[2] > 0


def test_a_dislike_pulls_down() -> None:
    assert score(SHOP_GRAPH, "halem", Taste("assam", -1.0)) < 0


def test_facets_that_reasons_may_not_cite_do_not_link() -> None:
    assert {path.facet for path in SHOP_GRAPH.paths([Taste("assam")], "dianhong")} == {"notes"}
    by_code = Graph(SHOP, ["code"])
    assert [path.facet for path in by_code.paths([Taste("assam")], "dianhong")] == ["code"]


def test_only_words_can_link() -> None:
    with pytest.raises(CatalogError, match="'price' is numeric"):
        Graph(SHOP, ["price"])


def test_a_path_names_the_liked_item_and_the_value_both_hold() -> None:
    [path] = SHOP_GRAPH.paths([Taste("assam")], "halem")
    assert (path.source, path.facet, path.value) == ("assam", "garden", "Halem")


def test_nothing_liked_and_nothing_known_mean_no_links() -> None:
    assert not SHOP_GRAPH.scores([]).any()
    assert not SHOP_GRAPH.scores([Taste("gone"), Taste("assam", 0.0)]).any()
    assert SHOP_GRAPH.paths([], "halem") == ()
    assert SHOP_GRAPH.paths([Taste("assam")], "gone") == ()


def test_a_catalogue_without_facets_has_no_links() -> None:
    assert not Graph(Catalog([tea("a"), tea("b")], CatalogSpec())).scores([Taste("a")]).any()


tastes = st.lists(
    st.builds(Taste, st.sampled_from([*SHOP.ids, "gone"]), st.sampled_from([-1.0, -0.5, 0.0, 0.4, 1.0])), max_size=6
)


@given(tastes, st.sampled_from(SHOP.ids))
def test_the_paths_to_an_item_add_up_to_its_score(given_tastes: list[Taste], target: str) -> None:
    total = sum(path.weight for path in SHOP_GRAPH.paths(given_tastes, target))
    assert total == pytest.approx(score(SHOP_GRAPH, target, *given_tastes), abs=1e-6)


@given(tastes)
def test_scores_stay_within_bounds(given_tastes: list[Taste]) -> None:
    scores = SHOP_GRAPH.scores(given_tastes)
    assert scores.shape == (len(SHOP),)
    assert np.abs(scores).max() <= 3
