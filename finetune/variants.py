"""More rows from rows: each once more for every kind of change that is asked for, the same ones for the same seed."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from random import Random
from typing import Literal, TypeAlias, get_args

from finetune.augment import (
    Change,
    Pair,
    augmented,
    chatty,
    distracted,
    lowercased,
    misspelt,
    names_in,
    recombined,
    shouted,
    swapped,
    unpunctuated,
    with_turns_before,
)
from finetune.errors import BadOptions
from finetune.generate_phrases import Phrases, languages, phrases_of
from finetune.rows import Row

Kind: TypeAlias = Literal["case", "shout", "signs", "slips", "words", "names", "asides", "turns"]
"""Small letters, capitals, no signs, slips of the fingers, other words around and another order, other names, a
sentence or turns that have nothing to do with it."""
KINDS: tuple[Kind, ...] = get_args(Kind)

_NAMES = 5000
"""Names of a source that are swapped among each other."""


def kinds_of(names: Sequence[str]) -> tuple[Kind, ...]:
    """Kinds by their names, all of them for none; BadOptions for one that there is not."""
    unknown = next((name for name in names if name not in KINDS), None)
    if unknown is not None:
        raise BadOptions(f"there is no kind {unknown!r} of change; there are {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in names or not names)


def variants(rows: Sequence[Row], kinds: Sequence[Kind], seed: int, copies: int = 1) -> Iterator[Row]:
    """The variants of plan rows, `copies` of each kind; rows that a kind leaves as they are give none."""
    pools = _pools(rows)
    for row in rows:
        if row.call != "plan" or row.language not in languages():
            continue
        phrases = phrases_of(row.language, "train")
        for kind in kinds:
            for copy in range(copies):
                changed = _changed(row, kind, phrases, pools[row.source, row.language], f"{seed}.{kind}.{copy}")
                if changed.messages != row.messages:
                    yield changed


def _changed(row: Row, kind: Kind, phrases: Phrases, names: Sequence[str], seed: str) -> Row:
    if kind == "turns":
        rng = Random(f"{seed}:{row.id}")
        said = (phrases.pick("chat.greeting", rng), phrases.pick("assistant.hello", rng))
        return with_turns_before(row, *said, seed)
    return augmented(row, [_CHANGES[kind](phrases, names)], seed)


_CHANGES: Mapping[str, Callable[[Phrases, Sequence[str]], Change]] = {
    "case": lambda _phrases, _names: lowercased,
    "shout": lambda _phrases, _names: shouted,
    "signs": lambda _phrases, _names: unpunctuated,
    "slips": lambda _phrases, _names: misspelt,
    "words": lambda phrases, _names: _reworded(phrases),
    "names": lambda _phrases, names: _renamed(names),
    "asides": lambda phrases, _names: distracted(phrases.all("around.aside")),
}


def _reworded(phrases: Phrases) -> Change:
    """Its sentences in another order, between words that ask for nothing."""
    around = chatty(phrases.all("around.open"), phrases.all("around.close"))
    return lambda pair, rng: around(recombined(pair, rng), rng)


def _renamed(names: Sequence[str]) -> Change:
    """Its names swapped for others of the same source."""

    def change(pair: Pair, rng: Random) -> Pair:
        old = sorted(names_in(pair))
        return swapped(pair, dict(zip(old, rng.sample(names, min(len(old), len(names))), strict=False)))

    return change


def _pools(rows: Sequence[Row]) -> Mapping[tuple[str, str], Sequence[str]]:
    """The names in the rows of each source and language, in their order."""
    found: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for row in rows:
        if row.call == "plan":
            found[row.source, row.language].update(dict.fromkeys(sorted(names_in(row))))
    return {key: tuple(islice(names, _NAMES)) for key, names in found.items()}
