"""What was asked for, as one noun phrase: 'Comedy films by Joel Coen from 1990 to 1999 without Romance'. Pure."""

from collections.abc import Iterable, Sequence

from agent.observations import Found, Noted
from agent.quoting import escape
from agent.reasons import liked_by_speaker
from agent.rules.voice import Voice
from retrieval.types import Constraint, Item, Op

_QUERY = 60
"""Longer words of a person are not repeated to them."""
_NAMED = 3
"""Of a long list of items to be like, so many are named."""


def wish_of(voice: Voice, found: Found, *, one: bool = False) -> str:
    """What a list is for, '' when it is for nothing in particular.

    Left out is what the same reply acknowledges anyway, and what has stood in the ledger for longer.
    """
    noun = voice.part("noun" if one else "nouns")
    noted = [p.said for o in voice.context.observations if isinstance(o, Noted) for p in o.added]
    person = "" if any(s.person for s in noted) else voice.person()
    words = "" if found.query in _wishes(voice) or len(found.query) > _QUERY else found.query
    phrase = noun_phrase(voice, noun, _fresh(voice, found.constraints), anchors=_anchors(voice, found), words=words)
    if person:
        phrase = voice.part("for_person", phrase=phrase, person=person)
    return "" if phrase == noun else phrase


def countable(voice: Voice, found: Found) -> bool:
    """Whether `found.matching` counts just what the phrase says: conditions, all of them, and nothing else."""
    return (
        bool(found.constraints)
        and not (found.anchors or found.query)
        and _fresh(voice, found.constraints) == [*found.constraints]
    )


def noun_phrase(
    voice: Voice, noun: str, constraints: Sequence[Constraint], *, anchors: Sequence[Item] = (), words: str = ""
) -> str:
    """A noun with everything that narrows it down."""
    bare = [_either(voice, c) for c in constraints if _named(voice, c) and not _announcing(voice, c)]
    announced = [f"{_announcing(voice, c)} {_either(voice, c)}" for c in constraints if _announcing(voice, c)]
    like = [voice.part("like", items=_few(voice, anchors))] if anchors else []
    said = [voice.part("to_match", words=voice.quoted(words))] if words else []
    return " ".join([*dict.fromkeys(bare), noun, *like, *dict.fromkeys(announced), *said, *_bounds(voice, constraints)])


def _few(voice: Voice, items: Sequence[Item]) -> str:
    names = [voice.named(item) for item in items]
    rest = len(names) - _NAMED
    return voice.listed(names if rest < 2 else [*names[:_NAMED], voice.part("and_more", count=rest)])


def _bounds(voice: Voice, constraints: Sequence[Constraint]) -> Iterable[str]:
    """Moments, measures and yes-or-no facets, then what is ruled out."""
    rest = [c for c in constraints if not _named(voice, c) and not _excluding(voice, c)]
    moments = [c for c in rest if voice.is_moment(c.facet)]
    flags = [c for c in rest if voice.catalog.facet(c.facet).kind == "boolean"]
    measures = [c for c in rest if c not in moments and c not in flags]
    out = [voice.value(c.facet, v) for c in constraints if _excluding(voice, c) for v in c.values]
    if moments:
        yield voice.listed(voice.conditions(sorted(moments, key=lambda c: c.op in (Op.LE, Op.LT))))
    yield from voice.conditions(flags)
    if measures:
        yield voice.part("with", things=voice.listed(voice.conditions(measures)))
    if out:
        yield voice.part("without_any", values=voice.listed(out, "or"))


def _named(voice: Voice, constraint: Constraint) -> bool:
    return constraint.op is Op.IN and voice.catalog.facet(constraint.facet).kind == "categorical"


def _excluding(voice: Voice, constraint: Constraint) -> bool:
    return constraint.op is Op.NOT_IN and voice.catalog.facet(constraint.facet).kind == "categorical"


def _announcing(voice: Voice, constraint: Constraint) -> str:
    phrases = voice.catalog.facet(constraint.facet).phrases
    return escape(phrases[0]) if phrases and _named(voice, constraint) else ""


def _either(voice: Voice, constraint: Constraint) -> str:
    return voice.listed((voice.value(constraint.facet, v) for v in constraint.values), "or")


def _fresh(voice: Voice, constraints: Sequence[Constraint]) -> list[Constraint]:
    """Conditions of this fetch: those of the ledger were acknowledged when they came in."""
    standing = {(p.said.facet, v) for p in voice.context.preferences if p.said.hard for v in p.said.values}
    return [c for c in constraints if not all((c.facet, v) in standing for v in c.values)]


def _anchors(voice: Voice, found: Found) -> list[Item]:
    noted = [p for o in voice.context.observations if isinstance(o, Noted) for p in o.added]
    just_liked = liked_by_speaker(noted)
    return [i for i in found.anchors if i.item_id not in just_liked]


def _wishes(voice: Voice) -> str:
    return "; ".join(p.said.label for p in voice.context.preferences if p.said.kind == "wish")
