"""A message in its state and the plan that answers it: what real dialogues and logs are read into. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from typing import Literal, TypeAlias

from agent.plan import Action, React, Recommend, Remember, Search, SimilarTo
from agent.plan_text import plan_text
from agent.ports import PlanContext
from agent.profile import Moment, Preference, Statement
from agent.prompts import Catalogue, catalogue_of, plan_messages
from agent.query import continued
from agent.types import Fetch, Message
from agent.wording import item_label
from finetune.rows import Row, RowMessage
from retrieval.catalog import Catalog
from retrieval.types import Item

Polarity: TypeAlias = Literal["", "like", "dislike"]
"""What a message says of an item; '' where it names it and judges nothing."""

_KNOWN = 8
_TELLING = ("similar_to", "react", "details", "compare", "handoff", "forget", "accept", "remember", "search")
"""Where a plan has several calls, the first of these is what the message is about."""


@dataclass(frozen=True, slots=True)
class Example:
    """One message, its state, and what a good plan is."""

    id: str
    source: str
    dialogue: str
    context: PlanContext
    actions: tuple[Action, ...]
    labels: Mapping[str, Polarity] = field(default_factory=dict)
    """Ids of the items that the message names, with what it says of each."""


@dataclass(frozen=True, slots=True)
class State:
    """What a session would know before the next message."""

    messages: tuple[Message, ...] = ()
    shown: tuple[Item, ...] = ()
    last: Fetch | None = None
    known: tuple[Preference, ...] = ()

    def context(self, text: str) -> PlanContext:
        """The state as a planner reads it, with a message."""
        return PlanContext(text, self.messages, self.shown, self.last, self.known)

    def showing(self, items: Sequence[Item]) -> "State":
        """The same, with a list on the screen, which something has fetched."""
        return replace(self, shown=tuple(items), last=self.last or Recommend())

    def heard(self, message: Message) -> "State":
        """The same, after a message."""
        return replace(self, messages=(*self.messages, message)[-4:])

    def after(self, actions: Sequence[Action], catalog: Catalog, named: Mapping[str, str]) -> "State":
        """The same, after a plan ran; `named` has the id of each mention of an item."""
        last, known = self.last, list(self.known)
        for action in actions:
            match action:
                case Search():
                    last = continued(last or Recommend(), action)
                case SimilarTo():
                    last = action
                case Recommend() if not action.more:
                    last = action
                case Remember():
                    known += [_liked(m, 1, catalog, named) for m in action.likes]
                    known += [_liked(m, -1, catalog, named) for m in (*action.dislikes, *action.avoids)]
                case React() if action.item in named and action.verdict in ("like", "dislike"):
                    known.append(_liked(action.item, 1 if action.verdict == "like" else -1, catalog, named))
                case _:
                    pass
        newest = {p.said.label: p for p in known}
        return replace(self, last=last, known=tuple(newest.values())[-_KNOWN:])


def row_of(example: Example, catalog: Catalog) -> Row:
    """The example as the model reads and writes it."""
    system, state = plan_messages(example.context, _catalogue(catalog), catalog, "brief")
    return Row(
        id=example.id,
        call="plan",
        source=example.source,
        dialogue=example.dialogue,
        language=example.context.language,
        tool=telling(example.actions),
        messages=tuple(RowMessage(role=p.role, content=p.text) for p in (system, state)),
        completion=plan_text(example.actions),
    )


def telling(actions: Sequence[Action]) -> str:
    """The tool that a plan is counted under."""
    tools = [a.tool for a in actions]
    return next((tool for tool in _TELLING if tool in tools), tools[0])


def chance(*names: object) -> float:
    """A number in [0, 1) that depends on the names alone, the same on every machine."""
    return int.from_bytes(sha256("\0".join(map(str, names)).encode()).digest()[:6]) / 2**48


@cache
def _catalogue(catalog: Catalog) -> Catalogue:
    return catalogue_of(catalog, "brief")


def _liked(mention: str, polarity: Literal[-1, 1], catalog: Catalog, named: Mapping[str, str]) -> Preference:
    item = catalog.get(named.get(mention, ""))
    label = mention.partition(": ")[2] or mention if item is None else item_label(item, catalog)
    said = Statement("wish" if item is None else "item", (mention,), label, polarity)
    return Preference(mention, said, Moment("", 0, ""), 0)
