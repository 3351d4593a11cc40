"""Generated conversations for any catalogue: messages, their states, and the plans that fit them by construction.

The words are those of the catalogue and of the language files; a seed gives the same rows again. The rows of the split
'test' use ways to put things, titles and free words that no row of 'train' has.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from random import Random

from agent.plan_text import plan_text
from agent.ports import PlanContext
from agent.prompts import catalogue_of, plan_messages
from finetune import augment, generate_find, generate_others, generate_question, generate_taste
from finetune.augment import Pair
from finetune.errors import FinetuneError
from finetune.generate_phrases import Split, phrases_of
from finetune.generate_scene import Draft, Scene
from finetune.generate_words import World, world_of
from finetune.rows import Row, RowMessage
from retrieval.catalog import Catalog
from retrieval.entities import Linker

_INTENTS: tuple[tuple[Callable[[Scene], Draft], int], ...] = (
    (generate_find.wish, 13),
    (generate_find.fragment, 8),
    (generate_find.mood, 3),
    (generate_find.narrower, 7),
    (generate_find.trial, 2),
    (generate_find.dropped, 3),
    (generate_find.compared, 6),
    (generate_find.lessened, 2),
    (generate_find.similar, 8),
    (generate_find.ordered, 4),
    (generate_find.anything, 5),
    (generate_find.ask, 1),
    (generate_taste.ruled_out, 9),
    (generate_taste.limited, 3),
    (generate_taste.liked, 9),
    (generate_taste.mixed, 8),
    (generate_taste.fond, 2),
    (generate_taste.turned, 2),
    (generate_taste.taste_and_wish, 4),
    (generate_taste.seen, 4),
    (generate_taste.verdict, 5),
    (generate_taste.forgotten, 5),
    (generate_others.for_other, 7),
    (generate_others.back_to_oneself, 1),
    (generate_others.meant, 2),
    (generate_question.fact, 9),
    (generate_question.which_of_these, 1),
    (generate_question.comparison, 5),
    (generate_question.reason, 6),
    (generate_question.talk, 8),
    (generate_question.staff, 3),
    (generate_question.accepted, 2),
    (generate_question.answered, 3),
)
_HELD_OUT = 5
"""One title of so many is for tests."""
_LOWER, _BARE, _SLIP, _SHOUT = 0.4, 0.15, 0.1, 0.01


@dataclass(frozen=True, slots=True)
class Generated:
    """A message in its state, and the plan that fits it by construction."""

    id: str
    source: str
    context: PlanContext
    completion: str
    tool: str


def generate(
    catalog: Catalog,
    linker: Linker | None,
    language: str,
    count: int,
    seed: int,
    *,
    split: Split = "train",
    name: str = "",
) -> Iterator[Row]:
    """Yield `count` plan rows for a catalogue; `name` is their source, the catalogue's own if not given.

    Without a linker only the catalogue's own words are used. FinetuneError for a language without phrases, and for a
    catalogue without items.
    """
    catalogue = catalogue_of(catalog, "brief")
    for made in conversations(catalog, linker, language, count, seed, split=split, name=name):
        prompts = plan_messages(made.context, catalogue, catalog, "brief")
        yield Row(
            id=made.id,
            call="plan",
            source=made.source,
            dialogue=made.id,
            language=language,
            tool=made.tool,
            messages=tuple(RowMessage(role=p.role, content=p.text) for p in prompts),
            completion=made.completion,
        )


def conversations(
    catalog: Catalog,
    linker: Linker | None,
    language: str,
    count: int,
    seed: int,
    *,
    split: Split = "train",
    name: str = "",
) -> Iterator[Generated]:
    """What `generate` renders, for models that read the state itself; raises the same."""
    phrases = phrases_of(language, split)
    source = name or catalog.spec.name or catalog.spec.noun
    world = world_of(catalog, linker, phrases)
    rows = _rows_of(world, split)
    if not rows:
        raise FinetuneError(f"the catalogue {source!r} has no items to talk about; give one that has some")
    weights = [weight for _, weight in _INTENTS]
    for number in range(count):
        rng = Random(f"{seed}:{source}:{language}:{split}:{number}")
        scene = Scene(world, phrases, rng, rows)
        draft = rng.choices(_INTENTS, weights)[0][0](scene)
        pair = _typed(Pair(draft.text, plan_text(draft.actions)), scene)
        context = draft.state.context(pair.message, world.language)
        tool = draft.tool or draft.actions[-1].tool
        yield Generated(f"{source}-{language}-{split}-{seed}-{number}", source, context, pair.completion, tool)


def _typed(pair: Pair, scene: Scene) -> Pair:
    """As people type: small letters, few signs, slips."""
    if not pair.message.strip():
        return pair
    changes = (
        (augment.lowercased, _LOWER),
        (augment.unpunctuated, _BARE),
        (augment.misspelt, _SLIP),
        (augment.shouted, _SHOUT),
    )
    for change, share in changes:
        if scene.chance(share):
            pair = change(pair, scene.rng)
    return pair


def _rows_of(world: World, split: Split) -> tuple[int, ...]:
    """The items whose titles a split may use; all of them where there are few."""
    rows = world.titled()
    ids = world.catalog.ids
    kept = tuple(
        row for row in rows if (int(sha256(ids[row].encode()).hexdigest(), 16) % _HELD_OUT == 0) == (split == "test")
    )
    return kept if len(kept) > _HELD_OUT else tuple(rows)
