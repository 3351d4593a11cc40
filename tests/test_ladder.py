"""The ladder: the next rung does what one cannot, and a dead one is left alone for a while."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from agent.errors import BadPlan, ModelDown, ModelError, ModelMisconfigured, ModelRefused
from agent.ladder import Breaker, Ladder
from agent.plan import Chat, Plan
from agent.ports import PlanContext, TellContext, Understood
from agent.types import Credit
from tests.telling import context, found


@dataclass
class Rung:
    """A model that fails as told, after so many pieces."""

    tier: str
    error: ModelError | None = None
    says: tuple[str, ...] = ("Here ", "you are.")
    asked: list[str] = field(default_factory=list)

    async def plan(self, context: PlanContext) -> Understood:
        """Small talk."""
        self.asked.append(context.text)
        if self.error is not None:
            raise self.error
        return Understood(Plan(actions=(Chat(kind="smalltalk"),)), Credit(self.tier))

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """What it says, then the error."""
        self.asked.append(context.begun)
        for piece in self.says:
            yield piece
        if self.error is not None:
            raise self.error
        yield Credit(self.tier)


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


async def told(ladder: Ladder) -> tuple[str, Credit]:
    """A reply and its credit."""
    async with aclosing(ladder.tell(context(found()))) as pieces:
        read = [piece async for piece in pieces]
    assert isinstance(read[-1], Credit)
    return "".join(p for p in read if isinstance(p, str)), read[-1]


@pytest.mark.parametrize("error", [ModelDown("d"), BadPlan("b"), ModelRefused("r"), ModelMisconfigured("m")])
async def test_the_next_rung_plans_and_the_trace_says_why(error: ModelError) -> None:
    understood = await Ladder(Rung("llm", error), Rung("local", error), Rung("rules")).plan(PlanContext("hi"))
    assert understood.credit.tier == "rules"
    assert [error.code in note.detail for note in understood.credit.notes] == [True, True]


async def test_a_reply_that_breaks_off_is_gone_on_with_behind_what_was_read() -> None:
    rules = Rung("rules", says=("The rest.",))
    reply, credit = await told(Ladder(Rung("llm", ModelDown("cut"), says=("Half ", "of it. ")), rules))
    assert reply == "Half of it. The rest."
    assert rules.asked == ["Half of it. "]
    assert credit.tier == "llm+rules"


async def test_a_rung_that_said_nothing_has_no_part_in_the_tier() -> None:
    _, credit = await told(Ladder(Rung("llm", ModelDown("cut"), says=()), Rung("rules")))
    assert credit.tier == "rules"


async def test_what_the_last_rung_cannot_do_fails() -> None:
    with pytest.raises(ModelDown, match="last"):
        await Ladder(Rung("llm", ModelDown("first")), Rung("rules", ModelDown("last"))).plan(PlanContext("hi"))


async def test_earlier_messages_are_left_to_the_last_rung() -> None:
    llm = Rung("llm")
    assert (await Ladder(llm, Rung("rules")).plan(PlanContext("hi", past=True))).credit.tier == "rules"
    assert llm.asked == []


async def test_a_dead_rung_is_tried_again_later_and_the_later_the_oftener_it_failed() -> None:
    clock, llm = Clock(), Rung("llm", ModelDown("dead"))
    ladder = Ladder(llm, Rung("rules"), now=clock)
    tried = []
    for clock.now in range(0, 60):
        before = len(llm.asked)
        await ladder.plan(PlanContext("hi"))
        tried += [clock.now] if len(llm.asked) > before else []
    assert tried == [0, 5, 15, 35]
    clock.now, llm.error = 100.0, None
    assert (await ladder.plan(PlanContext("hi"))).credit.tier == "llm"
    assert (await ladder.plan(PlanContext("hi"))).credit.tier == "llm"


async def test_a_bad_plan_or_a_request_that_is_too_long_is_no_reason_to_leave_a_server_alone() -> None:
    for error in (BadPlan("b"), ModelRefused("long")):
        llm = Rung("llm", error)
        ladder = Ladder(llm, Rung("rules"))
        for _ in range(3):
            await ladder.plan(PlanContext("hi"))
        assert len(llm.asked) == 3


def test_while_one_call_tries_a_dead_server_again_the_others_do_not_wait_for_it() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    breaker.failed()
    assert not breaker.lets_through()
    clock.now = 6.0
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert all(breaker.lets_through() for _ in range(3))
