"""The sets that an evaluation is made of, none of which may be trained on."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

from agent.plan_text import plan_from
from finetune.asking import Asker
from finetune.errors import BadOptions
from finetune.evaluate_cases import Case, World
from finetune.evaluate_replies import Script
from finetune.evaluate_turns import read_turns
from retrieval.index import Index

_SEED = 4
"""Of the generated tests: they are the same for whatever sample is drawn from them."""

IndexOf: TypeAlias = Callable[[str], Index]
"""Opens a catalogue by name."""


@dataclass(frozen=True, slots=True)
class Sets:
    """Files and catalogues to measure on; what is left out is not measured."""

    redial_val: Path | None = None
    redial_items: Path | None = None
    redial_train: Path | None = None
    """Not measured on: only how often films are talked of is read from it."""
    sgd_dev: Path | None = None
    sgd_schema: Path | None = None
    turns: tuple[Path, ...] = ()
    """Hand-written turns."""
    catalogs: tuple[str, ...] = ()
    """Generated tests of these catalogues, and turns through the engine on them."""
    generated: int = 500
    """Cases per catalogue and language; a sample is drawn from them."""
    languages: tuple[str, ...] = ("en", "zh")


def cases_of(sets: Sets, index_of: IndexOf) -> dict[str, tuple[Case, ...]]:
    """All cases by set; BadOptions for files that only make sense together, FinetuneError for what cannot be read."""
    world = cache(lambda name: world_of(index_of(name)))
    turns = (case for path in sets.turns for case in read_turns(path, world))
    generated = (case for name in sets.catalogs for case in _generated(world(name), sets))
    found: dict[str, list[Case]] = defaultdict(list)
    for case in (*_redial(sets), *_sgd(sets), *generated, *turns):
        found[case.part].append(case)
    if not found:
        raise BadOptions("there is nothing to measure on; give --catalog, --redial-val, --sgd-dev or --turns")
    return {part: tuple(cases) for part, cases in found.items()}


def world_of(index: Index) -> World:
    """An index as a world."""
    return World(index.manifest.spec.name, index.catalog, index.linker)


def scripts_of(index: Index, languages: Sequence[str], limit: int, seed: int) -> tuple[Script, ...]:
    """What people say in `limit` dialogues about a catalogue, in its languages by turns."""
    name = index.manifest.spec.name
    askers = [Asker(index.catalog, language, "test") for language in languages]
    scripts: list[Script] = []
    for number in range(limit):
        asker = askers[number % len(askers)]
        key = f"{name}-{asker.language}-{seed}-{number}"
        scripts.append(Script(key, tuple(text for _, text in asker.dialogue(random.Random(key)))))
    return tuple(scripts)


def _generated(world: World, sets: Sets) -> Iterator[Case]:
    from finetune.generate import conversations

    for language in sets.languages:
        made = conversations(world.catalog, world.linker, language, sets.generated, _SEED, split="test")
        for one in made:
            plan = plan_from(one.completion, world.catalog)
            part = f"{world.name}-{language}"
            yield Case(one.id, part, one.tool, one.id, world, one.context, plan.actions)


def _sgd(sets: Sets) -> tuple[Case, ...]:
    if sets.sgd_dev is None and sets.sgd_schema is None:
        return ()
    if sets.sgd_dev is None or sets.sgd_schema is None:
        raise BadOptions("SGD needs both its dialogues and their schema; give --sgd-dev and --sgd-schema")
    from finetune.evaluate_sgd import sgd_cases

    return sgd_cases(sets.sgd_dev, sets.sgd_schema)


def _redial(sets: Sets) -> tuple[Case, ...]:
    if sets.redial_val is None and sets.redial_items is None:
        return ()
    if sets.redial_val is None or sets.redial_items is None:
        raise BadOptions("ReDial needs both its dialogues and its films; give --redial-val and --redial-items")
    from finetune.evaluate_redial import redial_cases

    return redial_cases(sets.redial_val, sets.redial_items, sets.redial_train)
