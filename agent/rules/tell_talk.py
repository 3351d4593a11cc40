"""Tell what needs no item: greetings, thanks, help, and the way to a person. Pure."""

from agent.observations import HandedOff, Said
from agent.quoting import escape
from agent.rules.tell_memory import clause_list
from agent.rules.voice import Voice

_WITH_EXAMPLES = frozenset({"greeting", "help", "unclear", "empty"})
_BRIEF = frozenset({"greeting", "thanks", "goodbye"})


def talk(voice: Voice, found: Said, *, alone: bool) -> list[str]:
    """Answer in kind, a paragraph each; beside an answer to something else only a word of politeness is left."""
    if not alone:
        return [voice.say(f"{found.kind}_short")] if found.kind in _BRIEF else []
    if found.kind == "profile":
        return _profile(voice)
    if found.kind == "greeting" and voice.context.messages:
        return [voice.say("greeting_again")]
    return [voice.say(found.kind), *(_examples(voice) if found.kind in _WITH_EXAMPLES else ())]


def _profile(voice: Voice) -> list[str]:
    """What is known of the person it is for, a line per kind."""
    known = [voice.part("profile_line", clause=c) for c in clause_list(voice, voice.context.preferences)]
    if not known:
        return [voice.say("profile_empty")]
    person = voice.person()
    head = voice.say("profile_other", person=person) if person else voice.say("profile")
    return [head, "\n".join(known), voice.say("profile_change")]


def handed_off(voice: Voice, found: HandedOff) -> str:
    """Say that a person takes over."""
    if found.reason.strip():
        return voice.say("handed_off_why", reason=escape(found.reason, 160))
    return voice.say("handed_off")


def _examples(voice: Voice) -> list[str]:
    prompts = voice.wording.spec.prompts
    if len(prompts) < 2:
        return []
    first = voice.chosen(prompts)
    second = prompts[(prompts.index(first) + 1) % len(prompts)]
    return [voice.say("examples", first=escape(first), last=escape(second))]
