"""Tell facts, reasons, and what could not be resolved. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.observations import Answered, Explained, Missed, Question, Unresolved
from agent.quoting import escape
from agent.reasons import liked_by_speaker, reasons
from agent.rules.voice import Voice
from retrieval.types import Candidate, Constraint, Item

_DESCRIPTION = 420
"""Characters of a description."""
_NUMBERED = re.compile(r"\[(\d+)\]")
_CLOSE, _FAR = 5, 30
_HEAVY = -0.05
"""On the logit scale: a smaller part holds nothing back."""


def answered(voice: Voice, found: Answered) -> str:
    """Yes, no, a value, or that the catalogue does not say."""
    item = voice.spoken_of(found.item)
    if found.answer == "unknown" or not found.value:
        if found.facet in voice.wording.spec.facets:
            return voice.say("unsaid", item=item, label=voice.label(found.facet))
        return voice.say("unsaid_all", item=item)
    if not found.facet:
        return voice.say("described", item=item, text=escape(found.value, _DESCRIPTION))
    held = found.item.facets.get(found.facet)
    number = "_is" if isinstance(held, bool) else "_several" if isinstance(held, tuple) and len(held) > 1 else ""
    return voice.say(
        f"{found.answer}{number}",
        item=item,
        label=voice.label(found.facet),
        labels=voice.labels(found.facet),
        flag=escape(voice.wording.flag(found.facet, held)) if isinstance(held, bool) else "",
        value=escape(found.value, 300),
    )


def explained(voice: Voice, found: Explained) -> list[str]:
    """The reasons for an item, and what speaks against it if something does; one paragraph each."""
    item = voice.spoken_of(found.candidate.item)
    told = _reasons(voice, found.candidate, shares=True)
    if not told:
        return [voice.say("explained_none", item=item)]
    against = _held_back(voice, found.candidate)
    if len(told) == 1:
        return [voice.phrases.typing.sentence.join([voice.say("explained_one", item=item, reason=told[0]), *against])]
    return [voice.say("explained", item=item), "\n".join(voice.part("bullet", reason=r) for r in told), *against]


def missed(voice: Voice, found: Missed) -> str:
    """What keeps an item off the list, and what would bring it in."""
    item = voice.spoken_of(found.item)
    if found.breaks:
        return voice.phrases.typing.sentence.join([_broken(voice, found), voice.say("breaks_lift")])
    if found.known:
        return voice.say(f"missed_{found.known}", item=item)
    sentences = [_ranked(voice, found)]
    if found.candidate is not None:
        against = _held_back(voice, found.candidate)
        twice = _lowest(found.candidate) if against else ""
        evidence = tuple(e for e in found.candidate.evidence if e.kind != twice)
        told = _reasons(voice, replace(found.candidate, evidence=evidence))
        sentences += [*(voice.say("for_it", reason=r) for r in told[:1]), *against]
    return voice.phrases.typing.sentence.join([*sentences, voice.say("lift", title=voice.named(found.item))])


def question(voice: Voice, found: Question) -> str:
    """One question, with its choices and how many items each leaves."""
    if not found.choices:
        return voice.say("question_open", label=voice.label(found.facet))
    choices = [voice.part("choice", value=voice.value(found.facet, v), count=f"{n:,}") for v, n in found.choices]
    return voice.say("question", label=voice.label(found.facet), choices=voice.listed(choices, "or"))


def unresolved(voice: Voice, found: Unresolved) -> str:
    """A mention that is not known, with what it may have meant."""
    numbered = _NUMBERED.fullmatch(found.mention.strip())
    if numbered:
        return voice.say("unknown_number", number=numbered[1])
    mention = voice.mentioned(found.mention)
    if found.kind:
        return voice.say("not_carried", mention=mention)
    if not found.suggestions:
        return voice.say("unknown", mention=mention)
    items = voice.listed((voice.spoken_of(item) for item in found.suggestions), "or")
    namesakes = len(found.suggestions) > 1 and all(_same(found.mention, item) for item in found.suggestions)
    return voice.say("unknown_which" if namesakes else "unknown_suggest", mention=mention, items=items)


def _same(mention: str, item: Item) -> bool:
    return item.title.casefold().startswith(mention.strip().casefold())


def _broken(voice: Voice, found: Missed) -> str:
    item = voice.spoken_of(found.item)
    conditions = voice.listed(voice.conditions(found.breaks))
    held = [_held(voice, found.item, c) for c in found.breaks]
    if not any(held):
        return voice.say("breaks_unknown", item=item, conditions=conditions)
    return voice.say("breaks", item=item, conditions=conditions, held=voice.listed(h for h in held if h))


def _held(voice: Voice, item: Item, constraint: Constraint) -> str:
    value = item.facets.get(constraint.facet)
    return "" if value is None else voice.value(constraint.facet, value)


def _ranked(voice: Voice, found: Missed) -> str:
    item = voice.spoken_of(found.item)
    if found.rank is None:
        return voice.say("missed_unranked", item=item)
    key = "missed_close" if found.rank <= _CLOSE else "missed_rank_far" if found.rank > _FAR else "missed_rank"
    return voice.say(key, item=item, rank=f"{found.rank:,}")


def _reasons(voice: Voice, candidate: Candidate, *, shares: bool = False) -> list[str]:
    """Reasons as sentences without a full stop; with how much of the score each makes, if it scores."""
    liked = liked_by_speaker(voice.context.preferences)
    told = []
    for reason in reasons(candidate, voice.wording.catalog, voice.context.language, liked, past=voice.context.past):
        text, percent = escape(reason.text, 300), round(100 * sum(e.weight for e in reason.evidence))
        told.append(voice.part("because", reason=text, percent=percent) if shares and percent else text)
    return told


def _lowest(candidate: Candidate) -> str:
    """The part that lowers the score most; '' without parts. Nothing is told for and against an item at once."""
    return min(candidate.parts, key=lambda name: candidate.parts[name], default="")


def _held_back(voice: Voice, candidate: Candidate) -> Sequence[str]:
    """The heaviest part that lowers the score, if there are words for it."""
    feature = _lowest(candidate)
    key = f"against_{feature}"
    if key not in voice.phrases.variants or candidate.parts[feature] > _HEAVY:
        return ()
    return (voice.say("held_back", against=voice.part(key)),)
