"""What was asked for, as one noun phrase: 'Comedy films by Joel Coen from 1990 to 1999 without Romance'. Pure."""

from collections.abc import Sequence

from agent.observations import Found, Noted
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
    words = words_of(voice, found)
    fresh, anchors = _fresh(voice, found.constraints), _anchors(voice, found)
    phrase = noun_phrase(voice, noun, fresh, anchors=anchors, words=words, person=person)
    return "" if phrase == noun else phrase


def words_of(voice: Voice, found: Found) -> str:
    """The free words of this search, as far as they bear repeating."""
    return "" if found.query in _wishes(voice) or len(found.query) > _QUERY else found.query


def countable(voice: Voice, found: Found) -> bool:
    """Whether `found.matching` counts just what the phrase says: conditions, all of them, and nothing else."""
    return (
        bool(found.constraints)
        and not (found.anchors or found.query)
        and _fresh(voice, found.constraints) == [*found.constraints]
    )


def noun_phrase(
    voice: Voice,
    noun: str,
    constraints: Sequence[Constraint],
    *,
    anchors: Sequence[Item] = (),
    words: str = "",
    person: str = "",
) -> str:
    """A noun with everything that narrows it down, in the order of the language."""
    categories = [c for c in constraints if voice.wording.facet(c.facet).kind == "categorical"]
    named = {c: voice.announced(c.facet, _either(voice, c)) for c in categories if c.op is Op.IN}
    bounds = [c for c in constraints if c not in categories]
    flags = [c for c in bounds if voice.wording.facet(c.facet).kind == "boolean"]
    bare = [c for c in bounds if voice.is_bare(c.facet)]
    excluded = [voice.value(c.facet, v) for c in categories if c.op is Op.NOT_IN for v in c.values]
    pieces = {
        "like": [_few(voice, anchors)] if anchors else [],
        "announced": [told for told in named.values() if told],
        "bounds": _whole(voice, sorted(bare, key=lambda c: c.op in (Op.LE, Op.LT))),
        "flags": voice.conditions(flags),
        "measures": _whole(voice, [c for c in bounds if c not in flags and c not in bare]),
        "without": [voice.listed(excluded, "or")] if excluded else [],
        "words": [voice.quoted(words)] if words else [],
        "person": [person] if person else [],
    }
    told = [voice.part(f"phrase_{kind}", text=text) for kind, texts in pieces.items() for text in dict.fromkeys(texts)]
    alone = list(dict.fromkeys(_either(voice, c) for c, announced in named.items() if not announced))
    return voice.phrases.part(
        "phrase" if told else "phrase_plain",
        bare=voice.phrases.joined(*(piece for text in alone for piece in (" ", text))).strip(),
        noun=noun,
        modifiers=voice.part("phrase_joint").join(told),
    ).strip()


def _whole(voice: Voice, constraints: Sequence[Constraint]) -> list[str]:
    return [voice.listed(voice.conditions(constraints))] if constraints else []


def _few(voice: Voice, items: Sequence[Item]) -> str:
    names = [voice.named(item) for item in items]
    rest = len(names) - _NAMED
    return voice.listed(names if rest < 2 else [*names[:_NAMED], voice.part("and_more", count=rest)])


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
