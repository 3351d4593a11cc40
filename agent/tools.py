"""Run the calls of a plan: each takes the working state of the turn and returns it with what was observed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from agent import ledger
from agent.comparing import compare
from agent.facts import answer
from agent.fetch import fetch, missed, question, why
from agent.observations import Dropped, HandedOff, Noted, Said, Unresolved
from agent.plan import (
    Accept,
    Action,
    Ask,
    Chat,
    Compare,
    Details,
    Forget,
    Handoff,
    React,
    Recommend,
    Remember,
    Search,
    SimilarTo,
    Why,
    WhyNot,
)
from agent.profile import Preference, Profile, Statement, forget, remember, undo
from agent.query import without
from agent.suppose import accept, suppose
from agent.work import Work


def run(action: Action, work: Work) -> Work:  # noqa: C901 - one arm per tool
    """Run one call."""
    match action:
        case Remember():
            return _remember(action, work)
        case React():
            said = ledger.verdict_of(action, work.scene, work.request.text)
            return _note([said if isinstance(said, Unresolved) else for_whom(said, work.dialogue.person)], work)
        case Forget():
            return _forget(action, work)
        case Search() if action.trial:
            return suppose(action, work)
        case Search() | SimilarTo() | Recommend():
            return fetch(action, work)
        case Why():
            return why(action, work)
        case WhyNot():
            return missed(action, work)
        case Details():
            return work.seeing(answer(action, work.scene))
        case Compare():
            return compare(action, work)
        case Ask():
            return question(action, work)
        case Accept():
            return accept(work)
        case Chat():
            return work.seeing(Said(action.kind))
        case Handoff():
            return work.seeing(HandedOff(action.reason))
        case _:
            assert_never(action)


def _remember(call: Remember, work: Work) -> Work:
    if call.scope == "other":
        person = call.person or work.dialogue.person or "someone else"
        together = call.together or (work.dialogue.together and person == work.dialogue.person)
        work = replace(work, dialogue=replace(work.dialogue, person=person, together=together))
        call = call.model_copy(update={"person": person})
    elif work.dialogue.person and call.scope != "always":
        call = call.model_copy(update={"scope": "other", "person": work.dialogue.person})
    said, unresolved = ledger.statements_of(call, work.scene)
    return _note([*said, *unresolved], work)


def for_whom(said: Statement, person: str) -> Statement:
    """A verdict given while recommending for somebody else is theirs."""
    return replace(said, scope="other", person=person) if person else said


def _note(said: Sequence[Statement | Unresolved], work: Work) -> Work:
    statements = [s for s in said if isinstance(s, Statement)]
    after = remember(work.profile, statements, work.moment)
    added = tuple(r for r in after.records if r.started == after.clock and not r.ended) if statements else ()
    gone = tuple(r for r in after.records if r.stopped == after.clock and r.ended == "superseded") if statements else ()
    noted = (Noted(added, tuple(r for r in gone if _contradicted(r, added))),) if added else ()
    unresolved = [s for s in said if isinstance(s, Unresolved)]
    last = without(work.dialogue.last, [r.said for r in added])
    return replace(work, profile=after, dialogue=replace(work.dialogue, last=last)).seeing(*noted, *unresolved)


def _contradicted(old: Preference, added: Sequence[Preference]) -> bool:
    """A repetition supersedes too, but is no news to the person."""
    new = next((a for a in added if a.id == old.superseded_by), None)
    return new is None or (new.said.polarity, new.said.values) != (old.said.polarity, old.said.values)


def _forget(call: Forget, work: Work) -> Work:
    if call.what.strip().casefold() == "last":
        after = undo(work.profile)
        gone = tuple(r for r in after.records if r.ended == "undone" and _was_active(r, work.profile))
        back = tuple(r for r in after.records if not r.ended and not _was_active(r, work.profile))
        return replace(work, profile=after).seeing(Dropped(gone, "last", undone=True, restored=back))
    if work.dialogue.person and call.what.strip().casefold() == work.dialogue.person.casefold():
        return replace(work, dialogue=replace(work.dialogue, person="", together=False, last=None)).seeing(
            Said("oneself")
        )
    everything = call.what.strip().casefold() == "everything"
    # Everything is what was said of others too, not only what counts in this turn.
    said = tuple(r for r in work.profile.records if not r.ended) if everything else work.preferences
    going = ledger.named(call.what, said, work.scene)
    after = forget(work.profile, [p.id for p in going])
    dialogue = work.dialogue
    if everything:
        dialogue = replace(dialogue, last=None, person="", together=False, asked=())
    return replace(work, profile=after, dialogue=dialogue).seeing(Dropped(going, call.what))


def _was_active(record: Preference, before: Profile) -> bool:
    old = before.find(record.id)
    return old is not None and not old.ended
