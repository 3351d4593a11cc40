"""Schema-Guided Dialogue's development dialogues as cases: each service is a catalogue of its own."""

from pathlib import Path

from finetune.evaluate_cases import Case, World
from finetune.sgd import read_examples
from retrieval.catalog import Catalog
from retrieval.entities import Linker


def sgd_cases(dialogues: Path, schema: Path) -> tuple[Case, ...]:
    """Every turn of a user that is for one service that finds things."""
    examples = read_examples(dialogues, schema).examples
    worlds: dict[Catalog, World] = {}
    for _, catalog in examples:
        if catalog not in worlds:
            worlds[catalog] = World(f"sgd-{len(worlds)}", catalog, Linker(catalog))
    return tuple(
        Case(
            id=example.id,
            part="sgd",
            kind="+".join(dict.fromkeys(action.tool for action in example.actions)),
            dialogue=example.dialogue,
            world=worlds[catalog],
            context=example.context,
            expected=example.actions,
        )
        for example, catalog in examples
    )
