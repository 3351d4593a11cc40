"""A small shop: a catalogue that is not about films, for tests of what people read."""

from datetime import date

from retrieval.catalog import Catalog
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.types import Candidate, Evidence, FacetValue, Item

SPEC = CatalogSpec(
    name="shop",
    noun="lamp",
    nouns="lamps",
    prompts=("A red lamp under $50", "Something like Luna, but cheaper", "A lamp for my desk"),
    facets={
        "style": FacetSpec(kind="categorical", label="style", multi=True),
        "maker": FacetSpec(kind="categorical", label="maker", people=True, phrases=("by", "made by")),
        "price": FacetSpec(kind="numeric", label="price", unit="$", more=("dearer",), less=("cheaper",)),
        "year": FacetSpec(kind="numeric", label="year", grouped=False, more=("newer",), less=("older",)),
        "added": FacetSpec(kind="date", label="date added"),
        "stocked": FacetSpec(kind="boolean", label="in stock"),
    },
)


def lamp(item_id: str, title: str, **facets: FacetValue) -> Item:
    """Make an item."""
    return Item(item_id, title, f"{title} is a lamp that throws a warm and gentle light on everything.", facets)


LUNA = lamp("a", "Luna", style=("Modern", "Paper"), maker="Ada Weil", price=40.0, year=1995.0, stocked=True)
SOL = lamp("b", "Sol", style=("Modern",), maker="Ada Weil", price=80.0, year=2001.0, stocked=False)
MARS = lamp("c", "Mars", style=("Rustic",), maker="Bo Ek", price=15.5, year=2010.0, added=date(2020, 5, 1))
MARS_2 = lamp("d", "Mars", style=("Modern",), maker="Bo Ek", price=25.0, year=2020.0)
EVIL = lamp(
    "e",
    "*Evil* <script>alert(1)</script> [x](javascript:alert(1)) `|_\n# 1. www.evil.example",
    style=("**Bold**", "<b>"),
    maker="& &lt; Co",
    price=1.0,
    year=1999.0,
)
ITEMS = (LUNA, SOL, MARS, MARS_2, EVIL)
SHOP = Catalog(ITEMS, SPEC)


def candidate(item: Item, *evidence: Evidence, score: float = 0.8, **parts: float) -> Candidate:
    """Make a candidate with these grounds."""
    return Candidate(item, score, parts, evidence)
