"""ReDial's validation dialogues as cases: a film is one item, and is as well known as it is talked of in training."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from finetune.evaluate_cases import Case, World
from finetune.redial import naming_of, read_catalog, read_dialogues, read_labelled
from retrieval.catalog import Catalog
from retrieval.entities import open_linker
from retrieval.folding import forms
from retrieval.types import Item

ALIASES = Path(__file__).with_name("redial.aliases.en.toml")


def redial_cases(dialogues: Path, items: Path, met: Path | None) -> tuple[Case, ...]:
    """Every message of a seeker that names a film; `met`: training dialogues, to count how often films are named."""
    every = read_catalog(items)
    counts = mentioned(met) if met is not None else Counter()
    world, kept = distinct(every, counts)
    examples = read_labelled(dialogues, every, naming_of(every))
    return tuple(
        Case(
            id=e.id,
            part="redial",
            kind="+".join(dict.fromkeys(a.tool for a in e.actions)) or "unclear",
            dialogue=e.dialogue,
            world=world,
            context=replace(e.context, shown=tuple(_kept(i, kept, world.catalog) for i in e.context.shown)),
            expected=e.actions,
            labels={kept[i]: polarity for i, polarity in e.labels.items()},
        )
        for e in examples
    )


def mentioned(path: Path) -> Counter[str]:
    """In how many dialogues a film is named, by id."""
    named = (m.item_id for d in read_dialogues(path) for m in d.mentions.values())
    return Counter(item_id for item_id in named if item_id)


def distinct(catalog: Catalog, counts: Mapping[str, int]) -> tuple[World, Mapping[str, str]]:
    """The catalogue with each film once, and what became of every id: ReDial has some under two ids, by title and
    year, and nobody could tell which of the two is meant. The one that is named more often stays."""
    best: dict[object, Item] = {}
    for item in sorted(catalog.items, key=lambda i: (-counts.get(i.item_id, 0), -len(i.description), i.item_id)):
        best.setdefault(_key(item), item)
    kept = {item.item_id: best[_key(item)].item_id for item in catalog.items}
    stays = frozenset(kept.values())
    once = Catalog([item for item in catalog.items if item.item_id in stays], catalog.spec)
    total: Counter[str] = Counter()
    for item_id, count in counts.items():
        total[kept.get(item_id, item_id)] += count
    return World("redial", once, open_linker(once, [ALIASES], total)), kept


def _key(item: Item) -> object:
    return forms(item.title), item.facets.get("year")


def _kept(item: Item, kept: Mapping[str, str], catalog: Catalog) -> Item:
    return catalog.get(kept[item.item_id]) or item
