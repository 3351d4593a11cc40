"""Words of a message that take a stance: 'loved', 'no', 'something like'."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent.rules.lexicon import Lexicon

Stance = Literal["", "like", "dislike", "seen", "avoid", "similar", "want", "none", "reject"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Words that take a stance, at characters start to end."""

    start: int
    end: int
    stance: Stance


def marks_of(masked: str, taken: Sequence[tuple[int, int]], lexicon: Lexicon) -> tuple[Mark, ...]:
    """Return the stance words of a message in order; the longest wins where they overlap."""
    found = [
        Mark(*match.span("at" if "at" in pattern.groupindex and match["at"] else 0), stance_named(name))
        for name, pattern in lexicon.stances.items()
        for match in pattern.finditer(masked)
        if match.group().strip() and not _overlaps(match.span(), taken)
    ]
    kept: list[Mark] = []
    for mark in sorted(found, key=lambda m: (m.start - m.end, m.start)):
        if not _overlaps((mark.start, mark.end), [(m.start, m.end) for m in kept]):
            kept.append(mark)
    return _spared(sorted(kept, key=lambda m: m.start), masked, lexicon)


def _spared(marks: Sequence[Mark], masked: str, lexicon: Lexicon) -> tuple[Mark, ...]:
    """'I hate everything except horror': an exception from what is ruled out is liked."""
    kept = list(marks[:1])
    for mark in marks[1:]:
        against = kept[-1].stance in ("avoid", "dislike") and not lexicon.stop.search(masked, kept[-1].end, mark.start)
        spares = against and mark.stance == "avoid" and lexicon.parts["exception"].match(masked, mark.start)
        kept.append(replace(mark, stance="like") if spares else mark)
    return tuple(kept)


def stance_named(name: str) -> Stance:
    table: Mapping[str, Stance] = {
        "like": "like", "dislike": "dislike", "seen": "seen", "avoid": "avoid", "similar": "similar",
        "want": "want", "none": "none", "reject": "reject",
    }  # fmt: skip
    return table[name]


def _overlaps(span: tuple[int, int], taken: Iterable[tuple[int, int]]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in taken)
