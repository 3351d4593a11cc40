"""The state of a turn in progress: a frozen value that the tools pass on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from agent.observations import Observation
from agent.profile import Moment, Preference, Profile
from agent.resolve import Scene
from agent.types import Dialogue, Step, TurnRequest
from retrieval.index import Index
from retrieval.types import Taste


@dataclass(frozen=True, slots=True)
class Work:
    """The state of a turn in progress. `history` is what the interaction log knows of the person, oldest first."""

    index: Index
    request: TurnRequest
    moment: Moment
    profile: Profile
    dialogue: Dialogue
    history: tuple[Taste, ...] = ()
    observations: tuple[Observation, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    language: str = "en"
    steps: tuple[Step, ...] = ()
    """The calls that have run."""

    @property
    def scene(self) -> Scene:
        """What the words of the plan are resolved against."""
        last = self.dialogue.shown[-1] if self.dialogue.shown else ()
        shown = tuple(item for i in last if (item := self.index.catalog.get(i)))
        return Scene(self.index.catalog, self.index.linker, shown, self.language)

    @property
    def past(self) -> frozenset[str]:
        """Ids of what the log knows that the person went for."""
        return frozenset(taste.item_id for taste in self.history if taste.weight > 0)

    @property
    def preferences(self) -> tuple[Preference, ...]:
        """What counts in this turn: for the speaker, for whom it is for, or for both when it is for them together."""
        session, person = self.dialogue.session, self.dialogue.person
        own = self.profile.active(session) if person and self.dialogue.together else ()
        return (*own, *self.profile.active(session, person))

    def seeing(self, *observations: Observation) -> "Work":
        """The state with further observations."""
        return replace(self, observations=(*self.observations, *observations))
