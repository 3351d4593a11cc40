"""A shop of four things to build an index of, without a model."""

import json
from pathlib import Path

from retrieval.build import build
from retrieval.index import open_store
from retrieval.manifest import Manifest
from retrieval.source import find_source
from retrieval.versions import current_version
from tests.fakes_retrieval import LetterEmbedder

ITEMS = [
    {"item_id": "a", "title": "Red boot", "kind": ["boot"], "price": 30, "description": "A warm red boot."},
    {"item_id": "b", "title": "Blue boot", "kind": ["boot"], "price": 50, "description": "A light blue boot."},
    {"item_id": "c", "title": "Green hat", "kind": ["hat"], "price": 20, "description": "A hat of green felt."},
    {"item_id": "d", "title": "Grey scarf", "kind": ["scarf", "wool"], "description": "A long grey scarf."},
]


def write_shop(folder: Path) -> Path:
    """Write a source of four items, a log with one bad row, a catalog.toml and aliases."""
    folder.mkdir()
    (folder / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in ITEMS), encoding="utf-8")
    (folder / "interactions.csv").write_text("user_id,item_id\nu,a\nu,b\nv,a\nv,zz\n", encoding="utf-8")
    (folder / "catalog.toml").write_text('noun = "thing"\n[facets.price]\nunit = "€"\n', encoding="utf-8")
    (folder / "aliases.en.toml").write_text('[kind]\n"boot" = ["bootie"]\n', encoding="utf-8")
    return folder


def built(folder: Path, out: Path) -> Manifest:
    """Build without a model."""
    return build(find_source(folder), out, home=out, embedder=LetterEmbedder())


def nearest(out: Path, text: str) -> str:
    """The id whose vector is nearest to a text."""
    store = open_store(current_version(out))
    ((item_id, _),) = store.search(LetterEmbedder().embed([text])[0], 1)
    store.close()
    return item_id
