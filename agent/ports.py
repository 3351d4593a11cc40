"""The seams of the agent: what an adapter must do. Adapters inherit nothing."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from agent.observations import Observation
from agent.plan import Plan
from agent.profile import Preference
from agent.types import Card, Credit, Fetch, Message, Snapshot, Turn
from retrieval.types import Item


@dataclass(frozen=True, slots=True)
class PlanContext:
    """The state a planner reads: one message and what it can refer to."""

    text: str
    messages: tuple[Message, ...] = ()
    shown: tuple[Item, ...] = ()
    """The list shown last, in order: what '[1]' and 'the second one' mean."""
    last: Fetch | None = None
    preferences: tuple[Preference, ...] = ()
    person: str = ""
    asked: tuple[str, ...] = ()
    question: str = ""
    """The facet that the reply before asked about."""
    offer: Fetch | None = None
    """What the reply before offered to do; a yes accepts it."""
    language: str = "en"
    """Of the message (agent.languages)."""
    past: bool = False
    """An earlier message of a stateless dialogue, read again only for what it says about taste: be quick."""


@dataclass(frozen=True, slots=True)
class TellContext:
    """The state a teller reads: what was asked, what the tools found, and the cards that are already on the screen."""

    text: str
    plan: Plan
    observations: tuple[Observation, ...]
    cards: tuple[Card, ...]
    preferences: tuple[Preference, ...]
    messages: tuple[Message, ...] = ()
    person: str = ""
    turn: int = 0
    language: str = "en"
    """To reply in."""
    begun: str = ""
    """What the person has read of the reply already; the teller goes on behind it."""
    past: frozenset[str] = frozenset()
    """Ids of what the log knows that the person went for."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A message as a plan, and who read it."""

    plan: Plan
    credit: Credit


class ChatModel(Protocol):
    """The language of a turn: understand a message, tell what was found."""

    @property
    def tier(self) -> str:
        """Its rung on the ladder: 'rules', 'local', 'llm'."""

    async def plan(self, context: PlanContext) -> Understood:
        """Read one message as a plan; BadPlan or ModelDown if it cannot."""

    def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """Stream the reply in pieces and end with one Credit; a stream without one was cut.

        The reply names exactly the items of `context.cards`, in their order.
        """


class Store(Protocol):
    """Profiles, dialogues and traces. Users never mix; an unknown user or session is empty."""

    async def load(self, user: str, session: str) -> Snapshot:
        """Read a person's ledger and a session's dialogue."""

    async def commit(self, turn: Turn) -> None:
        """Write a turn, all of it or nothing; once this returns it survives a crash."""


class Archive(Protocol):
    """What a person may ask for: a conversation again, everything that is kept about them, or its end."""

    async def conversation(self, user: str, session: str, limit: int) -> list[dict[str, object]]:
        """The records of the latest turns of a session, at most `limit`, oldest first; edits between turns left out."""

    async def export(self, user: str) -> dict[str, object]:
        """Everything that is stored about a person, as JSON values."""

    async def forget_user(self, user: str) -> int:
        """Erase everything about a person; returns how many turns went."""
