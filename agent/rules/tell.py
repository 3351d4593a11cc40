"""The reply of the tier without a model: told from observations alone, in whole sentences that vary. Pure.

The items it lists are the cards, all of them, in their order. Sentences come from `replies.<language>.toml`; a hash of
the turn and the message chooses which, so that a reply can be repeated; none opens like the one before it.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import assert_never

from agent.grounding import check
from agent.observations import (
    Answered,
    Compared,
    Dropped,
    Explained,
    Found,
    HandedOff,
    Missed,
    Noted,
    Nothing,
    Observation,
    Question,
    Said,
    Supposed,
    Unresolved,
)
from agent.owed import owed
from agent.phrases import load_phrases
from agent.ports import TellContext
from agent.profile import Preference
from agent.rules.tell_choice import compared, supposed
from agent.rules.tell_facts import answered, explained, missed, question, unresolved
from agent.rules.tell_list import lead, lines, next_step, nothing
from agent.rules.tell_memory import dropped, noted
from agent.rules.tell_talk import handed_off, talk
from agent.rules.voice import Voice
from agent.types import Card
from agent.wording import wording_of
from retrieval.catalog import Catalog

_TRIES = 8
_SHORT = (Said, Answered, Unresolved, Nothing, Question)
"""Observations that are told in a sentence or two: what is missing of them in a reply can be seen."""
_LISTED = re.compile(r"\s*\d+[.)] ")
_PIECE = re.compile(r"\s*\S{1,12}\s*")


class _Paragraphs:
    """A reply in the making: sentences run on in a paragraph, lists and tables stand alone."""

    def __init__(self, space: str) -> None:
        self._space = space
        self._done: list[str] = []
        self._running: list[str] = []

    def run_on(self, *sentences: str) -> None:
        self._running += sentences

    def stand(self, block: str) -> None:
        self._close()
        self._done.append(block)

    def text(self) -> str:
        self._close()
        return "\n\n".join(self._done)

    def _close(self) -> None:
        if self._running:
            self._done.append(self._space.join(self._running))
        self._running = []


def tell(context: TellContext, catalog: Catalog, language: str = "en") -> Iterator[str]:
    """Stream the reply word by word; Markdown. AgentError for a language without sentences."""
    yield from _PIECE.findall(_varied(context, catalog, language))


def card_line(context: TellContext, catalog: Catalog, card: Card) -> str:
    """The entry of one card, for a reply that forgot it."""
    found = next((o for o in context.observations if isinstance(o, Found)), None)
    return lines(voice_of(context, catalog), [card], found)[0]


def tell_owed(context: TellContext, catalog: Catalog) -> str:
    """What a reply, begun as in the context and at its end now, forgot to say; '' if nothing."""
    return _owed(voice_of(context, catalog))


def voice_of(context: TellContext, catalog: Catalog) -> Voice:
    """The language of a reply; AgentError for one without sentences."""
    phrases = load_phrases(Path(__file__).with_name(f"replies.{context.language}.toml"))
    return Voice(context, wording_of(catalog, context.language), phrases, f"{context.turn}|{context.text}", "")


def _varied(context: TellContext, catalog: Catalog, language: str) -> str:
    phrases = load_phrases(Path(__file__).with_name(f"replies.{language}.toml"))
    before = next((m.text for m in reversed(context.messages) if m.role == "assistant"), "")
    wording = wording_of(catalog, language)
    voices = (Voice(context, wording, phrases, f"{context.turn}|{context.text}|{n}", before) for n in range(_TRIES))
    replies = [_reply(next(voices))]
    while phrases.opening(replies[-1]) == phrases.opening(before) and len(replies) < _TRIES:
        replies.append(_reply(next(voices)))
    return replies[-1]


def _resumed(voice: Voice) -> str:
    """Go on with a reply that somebody else began: what it named and told already is not told again."""
    context, begun = voice.context, voice.context.begun
    named = check(begun, context.cards).named
    if not named and not all(isinstance(o, _SHORT) for o in context.observations):
        return _gap(begun, listing=False) + _whole(voice)
    rest = [c for c in context.cards if c.item.item_id not in named]
    found = next((o for o in context.observations if isinstance(o, Found)), None)
    left = _owed(voice)
    ending = left if not context.cards or _asks(context.observations) else left or next_step(voice, context.cards)
    blocks = [block for block in ("\n".join(lines(voice, rest, found)), ending) if block]
    return _gap(begun, listing=bool(rest)) + "\n\n".join(blocks) if blocks else ""


def _gap(begun: str, *, listing: bool) -> str:
    """What parts a reply so far from what follows: an entry of a list goes on in the next line, all else apart."""
    goes_on = listing and _LISTED.match(begun.rstrip().rsplit("\n", 1)[-1])
    wanted = 1 if goes_on else 2
    return "\n" * max(wanted - (len(begun) - len(begun.rstrip("\n"))), 0)


def _owed(voice: Voice) -> str:
    """What a reply begun by somebody else must still say."""
    said = _Paragraphs(voice.phrases.typing.sentence)
    for observation in owed(voice.context.begun, voice.context.observations, voice.wording):
        _tell_one(voice, said, observation, alone=False)
    return said.text()


def _asks(observations: Sequence[Observation]) -> bool:
    return any(isinstance(o, Question) or (isinstance(o, Unresolved) and o.suggestions) for o in observations)


def _reply(voice: Voice) -> str:
    return _resumed(voice) if voice.context.begun.strip() else _whole(voice)


def _whole(voice: Voice) -> str:
    context, said = voice.context, _Paragraphs(voice.phrases.typing.sentence)
    merged = list(_merged(context.observations))
    observations = [o for n, o in enumerate(merged) if o not in merged[:n]]
    unlisted = list(context.cards)
    for observation in observations:
        if isinstance(observation, Found):
            cards = [c for c in unlisted if any(c.item.item_id == f.item.item_id for f in observation.candidates)]
            _list(voice, said, observation, cards, first=len(unlisted) == len(context.cards))
            unlisted = [c for c in unlisted if c not in cards]
        else:
            _tell_one(voice, said, observation, alone=len(observations) == 1)
    if context.cards and not _asks(observations):
        said.stand(next_step(voice, context.cards))
    return said.text()


def _list(voice: Voice, said: _Paragraphs, found: Found, cards: Sequence[Card], *, first: bool) -> None:
    if cards:
        said.run_on(lead(voice, found, len(cards), first))
        said.stand("\n".join(lines(voice, cards, found)))


def _merged(observations: Sequence[Observation]) -> Iterator[Observation]:
    """Greetings go first and notes become one."""
    yield from (o for o in observations if isinstance(o, Said))
    notes = [o for o in observations if isinstance(o, Noted)]
    for observation in observations:
        if isinstance(observation, Noted):
            if observation is notes[0]:
                yield Noted(
                    tuple(p for n in notes for p in n.added if not _taken_back(p, notes)),
                    tuple(p for n in notes for p in n.superseded if not any(p in m.added for m in notes)),
                )
        elif not isinstance(observation, Said):
            yield observation


def _taken_back(preference: Preference, notes: Sequence[Noted]) -> bool:
    return any(p.id == preference.id for n in notes for p in n.superseded)


def _tell_one(voice: Voice, said: _Paragraphs, observation: Observation, *, alone: bool) -> None:  # noqa: C901
    match observation:
        case Noted():
            said.run_on(*noted(voice, observation, fetched=_fetched(voice)))
        case Dropped():
            said.run_on(*dropped(voice, observation))
        case Unresolved():
            said.run_on(unresolved(voice, observation))
        case Nothing():
            said.run_on(*nothing(voice, observation))
        case Answered():
            said.run_on(answered(voice, observation))
        case Missed():
            said.run_on(missed(voice, observation))
        case Question():
            said.run_on(question(voice, observation))
        case HandedOff():
            said.run_on(handed_off(voice, observation))
        case Said():
            for block in talk(voice, observation, alone=alone):
                said.stand(block)
        case Compared():
            for block in compared(voice, observation):
                said.stand(block)
        case Supposed():
            said.run_on(supposed(voice, observation))
        case Explained():
            for block in explained(voice, observation):
                said.stand(block)
        case Found():
            raise TypeError("a list is told with its cards")
        case _:
            assert_never(observation)


def _fetched(voice: Voice) -> bool:
    return any(isinstance(o, Found | Nothing) for o in voice.context.observations)
