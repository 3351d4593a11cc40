"""A language model that says what a test wrote down."""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

from agent.errors import BadPlan, ModelDown
from agent.plan import Action, Plan
from agent.ports import PlanContext, TellContext, Understood
from agent.types import Credit


@dataclass
class ScriptedModel:
    """Plans and tells in the order of the script; past its end is an error. Keeps what it was asked."""

    plans: Sequence[Sequence[Action]] = ()
    reply: str | Callable[[TellContext], str] = "Here you are."
    tells_until: int | None = None
    """Breaks down after so many pieces of a reply."""
    tier: str = "scripted"
    planned: list[PlanContext] = field(default_factory=list)
    told: list[TellContext] = field(default_factory=list)

    async def plan(self, context: PlanContext) -> Understood:
        """The next plan of the script."""
        self.planned.append(context)
        if len(self.planned) > len(self.plans):
            raise BadPlan(f"the script has {len(self.plans)} plans; {context.text!r} is one too many")
        return Understood(Plan(actions=tuple(self.plans[len(self.planned) - 1])), Credit(self.tier))

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """The reply, word by word."""
        self.told.append(context)
        reply = self.reply if isinstance(self.reply, str) else self.reply(context)
        for number, word in enumerate(reply.split(" ")):
            if number == self.tells_until:
                raise ModelDown("the script breaks here; plug it in again")
            yield word if number == 0 else f" {word}"
        yield Credit(self.tier)
