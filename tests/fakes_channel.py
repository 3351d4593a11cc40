"""Chat models for the tests of the channels: they greet, at a pace that the test sets, or break on a word."""

import asyncio
from collections.abc import AsyncGenerator

from agent.errors import ModelDown
from agent.plan import Chat, Plan
from agent.ports import PlanContext, TellContext, Understood
from agent.types import Credit

WORDS = 50


class PacedModel:
    """Says `WORDS` words, the later ones only after `go_on` is set. The message 'break' breaks it, 'crash' is a bug."""

    tier = "paced"

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.speaking = 0
        self.most_speaking = 0

    async def plan(self, context: PlanContext) -> Understood:
        """Plan small talk."""
        if context.text == "break the plan":
            raise ModelDown("the model 'paced' does not answer; start it")
        return Understood(Plan(actions=(Chat(kind="smalltalk"),)), Credit(self.tier))

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """Speak one word, wait, speak on."""
        self.speaking += 1
        self.most_speaking = max(self.most_speaking, self.speaking)
        try:
            yield "word "
            if context.text == "break":
                raise ModelDown("the model 'paced' went away; start it")
            if context.text == "crash":
                raise ZeroDivisionError("a bug")
            await self.go_on.wait()
            for _ in range(WORDS - 1):
                yield "word "
            yield Credit(self.tier)
        finally:
            self.speaking -= 1
