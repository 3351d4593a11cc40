"""A small shop, as source files and as an index built without a model: what the channels are tested on."""

import csv
from pathlib import Path

from agent import Assistant
from agent.ports import ChatModel
from agent.rules.model import RulesModel
from agent.store_sqlite import SqliteStore
from retrieval.build import build
from retrieval.index import Index, open_index
from retrieval.source import find_source
from tests.fakes_retrieval import LetterEmbedder

ITEMS = 60
_KINDS = ("boots", "sandals", "hats", "scarves", "gloves")
_COLOURS = ("red", "green", "blue", "black")
_SPEC = """
name = "shop"
title = "A small shop"
noun = "product"
nouns = "products"
[facets.price]
kind = "numeric"
label = "price"
unit = "€"
more = ["dearer"]
less = ["cheaper"]
"""


def shop_source(parent: Path) -> Path:
    """Write the source files into a new folder."""
    folder = parent / "shop"
    folder.mkdir()
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["item_id", "title", "description", "kind", "colour", "price", "released"])
        for n in range(ITEMS):
            kind, colour = _KINDS[n % len(_KINDS)], _COLOURS[n % len(_COLOURS)]
            text = f"These {kind} in {colour} were made for long walks, number {n} of a series."
            day = f"2020-{1 + n % 12:02}-15"
            rows.writerow([f"p{n}", f"Walker {n} {kind}", text, kind, colour, 10 + n, day])
    with (folder / "interactions.csv").open("w", newline="", encoding="utf-8") as file:
        events = csv.writer(file)
        events.writerow(["user_id", "item_id", "timestamp"])
        events.writerows([f"u{n % 12}", f"p{n * 7 % ITEMS}", 1_600_000_000 + n] for n in range(120))
    (folder / "catalog.toml").write_text(_SPEC, encoding="utf-8")
    return folder


def shop_index(parent: Path) -> Index:
    """Build and open an index of it."""
    build(find_source(shop_source(parent)), parent / "index", home=parent, embedder=LetterEmbedder())
    return open_index(parent / "index", parent, LetterEmbedder())


def shop_assistant(index: Index, database: Path, model: ChatModel | None = None) -> Assistant:
    """The assistant that `load` would make, with another model if given."""
    store = SqliteStore(database)
    return Assistant(index, model or RulesModel(index.linker, index.catalog), store, store)
