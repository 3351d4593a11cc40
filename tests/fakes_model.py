"""A language model that says what a test wrote down."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from agent.errors import BadPlan, ModelDown
from agent.plan import Action, Plan
from agent.ports import PlanContext, TellContext


@dataclass
class ScriptedModel:
    """Plans and tells in the order of the script; past its end is an error. Keeps what it was asked."""

    plans: Sequence[Sequence[Action]] = ()
    reply: str = "Here you are."
    tells_until: int | None = None
    """Breaks down after so many pieces of a reply."""
    tier: str = "scripted"
    planned: list[PlanContext] = field(default_factory=list)
    told: list[TellContext] = field(default_factory=list)

    async def plan(self, context: PlanContext) -> Plan:
        """The next plan of the script."""
        self.planned.append(context)
        if len(self.planned) > len(self.plans):
            raise BadPlan(f"the script has {len(self.plans)} plans; {context.text!r} is one too many")
        return Plan(actions=tuple(self.plans[len(self.planned) - 1]))

    async def tell(self, context: TellContext) -> AsyncIterator[str]:
        """The reply, word by word."""
        self.told.append(context)
        for number, word in enumerate(self.reply.split(" ")):
            if number == self.tells_until:
                raise ModelDown("the script breaks here; plug it in again")
            yield word if number == 0 else f" {word}"
