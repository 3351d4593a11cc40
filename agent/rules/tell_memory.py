"""Tell what was remembered, forgotten or taken back. Pure."""

from collections.abc import Sequence

from agent.observations import Dropped, Noted
from agent.profile import Preference, Statement
from agent.rules.tell_wish import noun_phrase
from agent.rules.voice import Voice
from retrieval.types import Constraint

_ORDER = ("likes", "leans", "wants", "dislikes", "rejected", "avoids", "unwanted", "less", "only", "seen")


def noted(voice: Voice, found: Noted, *, fetched: bool) -> list[str]:
    """Acknowledge shortly. What holds for this search only is left to the lead-in of its list, if there is one."""
    added = [p for p in found.added if not (fetched and p.said.scope == "search")]
    sentences: list[str] = []
    for key in ("noted_other", "noted", "noted_session"):
        told = [p for p in added if _sentence(p.said) == key]
        if told:
            person = voice.person() if key == "noted_other" else ""
            sentences.append(voice.say(key, clauses=clauses(voice, told), person=person))
    if found.superseded:
        sentences.append(voice.say("replaced", clauses=clauses(voice, found.superseded)))
    return sentences


def dropped(voice: Voice, found: Dropped) -> list[str]:
    """Say what no longer counts, or that there was nothing to drop."""
    gone = clauses(voice, found.preferences)
    if found.undone:
        return _undone(voice, found, gone)
    if found.what.strip().casefold() == "everything" and len(found.preferences) != 1:
        count = len(found.preferences)
        return [voice.say("forgotten_all", count=count) if count else voice.say("forgotten_nothing")]
    return [
        voice.say("forgotten", clauses=gone) if gone else voice.say("forgotten_none", what=voice.mentioned(found.what))
    ]


def _undone(voice: Voice, found: Dropped, gone: str) -> list[str]:
    sentences = [voice.say("undone", clauses=gone)] if gone else []
    if found.restored:
        sentences.append(voice.say("restored", clauses=clauses(voice, found.restored)))
    return sentences or [voice.say("nothing_undone")]


def clauses(voice: Voice, preferences: Sequence[Preference]) -> str:
    """Preferences as parts of one sentence: 'you like Heat (1995); no Horror or Western'."""
    return voice.part("clauses").join(clause_list(voice, preferences))


def clause_list(voice: Voice, preferences: Sequence[Preference]) -> list[str]:
    """Preferences as clauses, one per kind."""
    groups: dict[str, list[Statement]] = {}
    for preference in preferences:
        groups.setdefault(_group(preference.said), []).append(preference.said)
    who = "other" if any(p.said.person for p in preferences) else "clause"
    return [_clause(voice, who, group, groups[group]) for group in sorted(groups, key=_ORDER.index)]


def _clause(voice: Voice, who: str, group: str, said: Sequence[Statement]) -> str:
    if group == "only":
        things = noun_phrase(voice, voice.part("nouns"), [Constraint(s.facet, s.op, s.values) for s in said])
    else:
        things = voice.listed(map(voice.said, said), "or" if group in ("avoids", "unwanted", "rejected") else "and")
    number = "_several" if group == "dislikes" and len(said) > 1 else ""
    return voice.part(f"{who}_{group}{number}", things=things)


def _group(said: Statement) -> str:
    liked = said.polarity > 0
    match said.kind:
        case "item" if not said.rated:
            return "seen"
        case "item":
            return "likes" if liked else "rejected" if said.confidence < 1 else "dislikes"
        case "wish":
            return "wants" if liked else "unwanted"
        case "bound":
            return "only"
        case "facet" if said.hard:
            return "only" if liked else "avoids"
        case "facet":
            return "leans" if liked else "less"


def _sentence(said: Statement) -> str:
    if said.person:
        return "noted_other"
    return "noted_session" if said.scope in ("session", "search") else "noted"
