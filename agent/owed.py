"""What a reply must say besides its cards: the question that was decided, what is unknown, that nothing fits, the
answer. Pure.

A model may forget these, or lose them to the check; then code says them.
"""

import re
from collections.abc import Sequence

from agent.claim_words import any_of, claim_words
from agent.observations import Answered, Nothing, Observation, Question, Unresolved
from agent.wording import Wording
from retrieval.folding import forms

_ASKED = re.compile(r"[^.!?。！？\n]*[?？]")


def owed(text: str, observations: Sequence[Observation], wording: Wording) -> tuple[Observation, ...]:
    """The observations that a reply so far does not tell, of those that it must."""
    words = f" {' '.join(forms(text))} "
    return tuple(o for o in observations if not _told(o, text, words, wording))


def _told(observation: Observation, text: str, words: str, wording: Wording) -> bool:
    match observation:
        case Question():
            return _asks(observation, text, wording)
        case Unresolved():
            return _says(words, observation.mention)
        case Nothing():
            counts = [f"{way.count:,}" for way in observation.relaxations]
            return not counts or any(count in text or count.replace(",", "") in text for count in counts)
        case Answered():
            return _answers(observation, text, words, wording)
        case _:
            return True


def _asks(asked: Question, text: str, wording: Wording) -> bool:
    """Whether one of the reply's questions names the facet, or one of the choices."""
    named = [wording.facet(asked.facet).label, wording.facet(asked.facet).plural]
    choices = [c for value, _ in asked.choices for c in (value, wording.value(asked.facet, value))]
    questions = f" {' | '.join(' '.join(forms(q)) for q in _ASKED.findall(text))} "
    return any(_says(questions, name) for name in (*named, *choices) if name)


def _answers(answer: Answered, text: str, words: str, wording: Wording) -> bool:
    said = claim_words().words
    match answer.answer:
        case "yes":
            return re.search(any_of(said.yes), text, re.IGNORECASE) is not None or _says(words, answer.value)
        case "no":
            return re.search(any_of((*said.no, *said.negation)), text, re.IGNORECASE) is not None
        case "value":
            held = answer.item.facets.get(answer.facet)
            told = wording.value(answer.facet, held) if held is not None else ""
            parts = [part for value in (answer.value, told) for part in re.split(r"[,、，]", value) if part.strip()]
            return not answer.facet or any(_says(words, _bare(part)) for part in parts)
        case _:
            return True


def _bare(value: str) -> str:
    """A number without its unit, which may be told in other words."""
    number = re.search(r"\d[\d,]*(?:\.\d+)?", value)
    return number[0] if number else value


def _says(words: str, phrase: str) -> bool:
    return f" {' '.join(forms(phrase))} " in words
