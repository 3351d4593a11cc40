"""What goes in and out of a turn: requests, dialogue state, cards, and the Event union."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from agent.observations import Found, Observation
from agent.plan import Action, Plan, Recommend, Search, SimilarTo
from agent.profile import Preference, Profile
from retrieval.types import Evidence, Item, Spread


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a dialogue."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """One turn asked for. `user` and `session` come from the channel, never from a model.

    With `history`, the dialogue in it is the state and nothing is loaded or stored. With `actions`, the person clicked
    instead of typing: the plan is given and no model plans.
    """

    text: str
    user: str = ""
    session: str = ""
    history: tuple[Message, ...] | None = None
    actions: tuple[Action, ...] = ()
    count: int = 5
    diversity: float = 0.3
    language: str = ""
    """In which language to reply; '' for that of the message."""
    facts_only: bool = False
    """A program asks: the reply is what the tools found, line by line, and no model tells it."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a card is there: a sentence for people and the evidence it stands on."""

    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One recommended item, numbered as shown (from 1). `score` is in [0, 1]."""

    number: int
    item: Item
    score: float
    reasons: tuple[Reason, ...] = ()
    parts: Mapping[str, float] = field(default_factory=dict)


Fetch: TypeAlias = Search | SimilarTo | Recommend


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What a session remembers besides the profile. `shown` holds the item ids of each list, oldest first."""

    user: str
    session: str
    messages: tuple[Message, ...] = ()
    shown: tuple[tuple[str, ...], ...] = ()
    last: Fetch | None = None
    """The last fetch, with filters and anchors as they were resolved; critiques start from it."""
    person: str = ""
    """For whom the session is recommending, when not the speaker."""
    together: bool = False
    """The speaker is one of them: 'for me and my kids'."""
    asked: tuple[str, ...] = ()
    """Facets already asked about."""
    question: str = ""
    """The facet that the last reply asked about."""
    offer: Fetch | None = None
    """What the last reply offered to do; a yes accepts it."""
    turn: int = 0
    language: str = ""
    """Of the last turn; '' before the first."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one read of the store returns."""

    profile: Profile
    dialogue: Dialogue
    version: int = 0
    """Of the stored profile, 0 if there is none; a commit names it, so that two at once cannot lose a change."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one write of the store keeps, atomically."""

    profile: Profile
    dialogue: Dialogue
    record: Mapping[str, object]
    """The trace: request, plan, cards, tier, timings, outcome; JSON-serialisable."""
    version: int = 0
    """Of the snapshot that the turn began with; the store refuses the turn when it holds another one by now."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that language models read and wrote; zeros where none was called."""

    prompt: int = 0
    completion: int = 0
    calls: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.prompt + other.prompt, self.completion + other.completion, self.calls + other.calls)


NoteKind: TypeAlias = Literal["fell", "repaired", "dropped", "completed"]
"""A rung failed and the next one did its call; code mended, left out or added a piece of a model's answer."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a language model's work that belongs in the trace and is counted."""

    kind: NoteKind
    detail: str


@dataclass(frozen=True, slots=True)
class Credit:
    """Who did a call of a turn, at what cost, and what went wrong on the way."""

    tier: str
    usage: Usage = Usage()
    notes: tuple[Note, ...] = ()
    prompts: str = ""
    """Hash of the wording of the prompts, when a model read one."""

    def __add__(self, other: "Credit") -> "Credit":
        """Of two calls: every rung that took part, best first as they were called."""
        tiers = dict.fromkeys((*self.tier.split("+"), *other.tier.split("+")))
        notes = (*self.notes, *other.notes)
        prompts = self.prompts or other.prompts
        return Credit("+".join(t for t in tiers if t), self.usage + other.usage, notes, prompts)


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan is known; `tier` made it, and the reply will be in `language`."""

    plan: Plan
    tier: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Observed:
    """A tool has run."""

    observation: Observation


@dataclass(frozen=True, slots=True)
class Recommended:
    """The cards of the turn, before any prose about them."""

    cards: tuple[Card, ...]
    matching: int


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the reply; the pieces joined are the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One call of the plan as it ran: what it reported, and how long it took."""

    action: Action
    observations: tuple[Observation, ...]
    ms: float


@dataclass(frozen=True, slots=True)
class Done:
    """The turn is committed."""

    reply: str
    cards: tuple[Card, ...]
    profile: tuple[Preference, ...]
    plan: Plan
    tier: str
    """Who planned and who told, and whether CF took part: 'rules; cf' or 'rules; content-only'."""
    timings_ms: Mapping[str, float]
    session: str
    turn: int
    language: str = "en"
    """The reply's."""
    steps: tuple[Step, ...] = ()
    """The trace: the calls of the plan, in order."""
    usage: Usage = Usage()
    notes: tuple[Note, ...] = ()
    prompts: str = ""

    @property
    def spread(self) -> Spread | None:
        """What diversity did to the list; of several lists, to the first."""
        seen = (o for step in self.steps for o in step.observations)
        return next((o.spread for o in seen if isinstance(o, Found) and o.spread is not None), None)


@dataclass(frozen=True, slots=True)
class Failed:
    """The turn failed; nothing of it is remembered. `code` is for programs, `message` for people."""

    code: str
    message: str


Event: TypeAlias = Planned | Observed | Recommended | TextDelta | Done | Failed
