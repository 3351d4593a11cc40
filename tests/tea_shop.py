"""A shop of 900 teas with an exact vector store: the catalogue of the pipeline's tests, and random queries for it."""

from datetime import date

import numpy as np
from hypothesis import strategies as st

from retrieval.candidates import Reach
from retrieval.catalog import Catalog
from retrieval.cf_ease import Ease
from retrieval.fusion import Fusion, Term
from retrieval.interactions import InteractionLog
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.pipeline import Fusions, Retriever
from retrieval.signals import Filters
from retrieval.types import Constraint, Interaction, Item, Op, Query, Retrieval, Scalar, Sort, Taste, Wish
from tests.fakes_retrieval import BruteForceVectors, LetterEmbedder

GARDENS = ("Halem", "Feng", "Uji", "Kyo", "Darjeeling")
NOTES = ("malt", "honey", "grass", "smoke", "rose", "cocoa")
SPEC = CatalogSpec(
    facets={
        "garden": FacetSpec(kind="categorical", label="garden"),
        "notes": FacetSpec(kind="categorical", label="note", multi=True),
        "price": FacetSpec(kind="numeric", label="price"),
        "picked": FacetSpec(kind="date", label="harvest"),
        "organic": FacetSpec(kind="boolean", label="organic"),
    }
)
LEARNED = Fusion(
    (
        Term("cf", "raw", 0.0, 0.02, 1.0),
        Term("taste", "raw", 0.7, 0.1, 0.4),
        Term("graph", "raw", 0.1, 0.2, 0.3),
        Term("popularity", "log", 1.0, 1.0, 0.3),
    )
)


def tea(n: int) -> Item:
    """Make the n-th tea; every seventh says little about itself, and the newest are unlike the others."""
    if n % 7 == 6:
        return Item(f"t{n:03}", f"Blend {n}", "")
    taste = f"yuzu, jazz and zing no. {n}" if n >= 895 else f"{NOTES[n % 6]}, picked by hand no. {n}"
    return Item(
        f"t{n:03}",
        f"{GARDENS[n % 5]} {n}",
        f"A tea of {GARDENS[n % 5]}. It tastes of {taste}. Keep it dry.",
        {
            "garden": GARDENS[n % 5],
            "notes": (NOTES[n % 6], NOTES[(n * n + 1) % 6]),
            "price": float(n % 9 + 1),
            "picked": date(2020 + n % 4, 5, 1 + n % 28),
            "organic": n % 3 == 0,
        },
    )


def shop(
    size: int = 900,
    *,
    fusions: Fusions | None = None,
    store: BruteForceVectors | None = None,
    reach: Reach | None = None,
) -> Retriever:
    """Build a retriever; odd teas are bought together, as are even ones; the last five have never been bought."""
    catalog = Catalog([tea(n) for n in range(size)], SPEC)
    embedder, vectors = LetterEmbedder(), store or BruteForceVectors()
    rows = embedder.embed([f"{item.title} {item.description}" for item in catalog.items])
    vectors.upsert(catalog.ids, rows, [item.facets for item in catalog.items])
    bought = np.array([0 if n >= size - 5 else size - n for n in range(size)], dtype=np.float32)
    cf = Ease(regularisation=5.0).learn(InteractionLog.from_interactions(baskets(), {}, catalog.ids))
    common = {"popularity": bought}
    return Retriever(
        catalog, embedder, vectors, rows, filters=Filters(cf, cf, cf), common=common, fusions=fusions, reach=reach
    )


def baskets() -> list[Interaction]:
    """Draw what 300 people bought: some of the first thirty even teas, or of the first thirty odd ones."""
    rng = np.random.default_rng(0)
    return [
        Interaction(f"p{person}", f"t{2 * n + person % 2:03}")
        for person in range(300)
        for n in rng.choice(30, 12, replace=False)
    ]


SHOP = shop(fusions=Fusions(taste=LEARNED, next=LEARNED))
UNLEARNED = shop()
TEAS = Catalog([tea(n) for n in range(900)], SPEC)


def ids(found: Retrieval) -> list[str]:
    """Ids of the candidates, in order."""
    return [candidate.item.item_id for candidate in found.candidates]


values: dict[str, st.SearchStrategy[Scalar]] = {
    "garden": st.sampled_from([*GARDENS, "Nowhere"]),
    "notes": st.sampled_from(NOTES),
    "price": st.integers(0, 11).map(float),
    "picked": st.dates(date(2019, 12, 1), date(2024, 2, 1)),
    "organic": st.booleans(),
}
words = st.one_of(
    [
        st.builds(
            lambda facet, op, chosen: Constraint(facet, op, tuple(chosen)),
            st.just(facet),
            st.sampled_from([Op.IN, Op.NOT_IN]),
            st.lists(values[facet], min_size=1, max_size=3, unique=True),
        )
        for facet in ("garden", "notes", "organic")
    ]
)
bounds = st.one_of(
    [
        st.builds(
            lambda facet, op, value: Constraint(facet, op, (value,)),
            st.just(facet),
            st.sampled_from([Op.GE, Op.LE, Op.GT, Op.LT]),
            values[facet],
        )
        for facet in ("price", "picked")
    ]
)
some_ids = st.sampled_from([*TEAS.ids, "sold-out"])
wishes = st.one_of(
    [st.builds(Wish, st.just(facet), values[facet], st.sampled_from([-1.0, 0.0, 0.5, 1.0])) for facet in values]
)
queries = st.builds(
    Query,
    text=st.sampled_from(["", "malt and smoke", "a rose from Uji", "  "]),
    tastes=st.lists(
        st.builds(Taste, some_ids, st.sampled_from([-1.0, 0.0, 0.5, 1.0]), st.sampled_from([None, 1.7e9])), max_size=4
    ).map(tuple),
    anchors=st.lists(some_ids, max_size=2).map(tuple),
    constraints=st.lists(st.one_of(words, bounds), max_size=3).map(tuple),
    wishes=st.lists(wishes, max_size=2).map(tuple),
    exclude=st.frozensets(some_ids, max_size=30),
    sort=st.one_of(st.none(), st.builds(Sort, st.sampled_from(["price", "picked", "organic"]), st.booleans())),
    k=st.integers(0, 45),
    diversity=st.sampled_from([0.0, 0.3, 1.0]),
)


def fits(item: Item, constraint: Constraint) -> bool:
    """Check a condition on one item, word for word."""
    held = item.facets.get(constraint.facet)
    if held is None:
        return constraint.op is Op.NOT_IN
    if constraint.op in {Op.IN, Op.NOT_IN}:
        met = bool(set(held if isinstance(held, tuple) else (held,)) & set(constraint.values))
        return met == (constraint.op is Op.IN)
    bound = constraint.values[0]
    assert isinstance(held, float | date)
    assert isinstance(bound, float | date)
    sides = {Op.GE: held >= bound, Op.LE: held <= bound, Op.GT: held > bound, Op.LT: held < bound}  # type: ignore[operator]
    return sides[constraint.op]


LIKES_MALT = (Taste("t002"), Taste("t008"))


def asked(query: Query) -> tuple[int, tuple[Constraint, ...], frozenset[str] | None]:
    """How the store was asked for a query."""
    store = BruteForceVectors()
    shop(store=store).retrieve(query)
    [call] = store.asked
    return call
