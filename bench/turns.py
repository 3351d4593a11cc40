"""Messages as people type them, filled with names of the catalogue at hand, and how long their turns take."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agent import Assistant, TurnRequest
from agent.errors import AgentError
from agent.types import Done
from retrieval.index import Index

OPENERS = (
    "I loved {title} and {second}, what should I watch next?",
    "A funny film from the 90s, but no romance",
    "something by {director}",
    "Like {title}, but newer",
    "a sad science fiction film about memory",
    "I hate horror. Show me thrillers after 2010",
    "westerns before 1970",
    "A war film with {actor}",
    "Loved {title} and {second} but hated {third}",
    "a coming-of-age story set in a small town",
)
FOLLOW_UPS = ("something older", "more like the second one", "why the first one?", "I have seen the first two", "more")
PEOPLE = 30
MESSAGES = tuple(text for text in OPENERS if "{" not in text) + FOLLOW_UPS
"""Those that name nothing of a catalogue."""

_KNOWN = 400
"""Titles are taken from so many of the items that most people met."""


@dataclass(frozen=True, slots=True)
class Script:
    """The same dialogues on every catalogue of films: only the names differ."""

    titles: Sequence[str]
    people: Mapping[str, Sequence[str]]
    """Directors and actors."""

    @classmethod
    def of(cls, assistant: Assistant) -> "Script":
        """Take well-known names that link back to what they are taken from."""
        index = assistant.index
        counts = np.bincount(index.log.item, minlength=len(index.catalog))
        known = np.argsort(-counts, kind="stable")[:_KNOWN].tolist()
        named = ((index.catalog.titles[row], index.catalog.ids[row]) for row in known)
        titles = [title for title, item_id in named if _is_plain(title, item_id, index)]
        names = {facet: list(index.catalog.values(facet))[:_KNOWN] for facet in ("director", "cast")}
        return cls(titles, {"director": names["director"], "actor": names["cast"]})

    def opener(self, person: int) -> str:
        """The first message of a person; no two people name the same titles in the same message."""
        names = {"title": 3 * person, "second": 3 * person + 1, "third": 3 * person + 2}
        told = {name: self.titles[place % len(self.titles)] for name, place in names.items()}
        told |= {name: values[person % len(values)] for name, values in self.people.items()}
        return OPENERS[person % len(OPENERS)].format(**told)

    def dialogue(self, person: int) -> Iterator[str]:
        """Everything one person says."""
        yield self.opener(person)
        yield from FOLLOW_UPS


def _is_plain(title: str, item_id: str, index: Index) -> bool:
    """Whether a message that names the title is read as naming this one item and nothing else."""
    spans = index.linker.find(f"I loved {title}")
    return len(spans) == 1 and spans[0].sure and spans[0].items[:1] == (item_id,)


async def say(assistant: Assistant, person: str, text: str) -> Done:
    """Run one turn; AgentError if it fails."""
    request = TurnRequest(text=text, user=person, session=person)
    end = [event async for event in assistant.reply(request)][-1]
    if not isinstance(end, Done):
        raise AgentError(f"{text!r} ended in {end!r}")
    return end
