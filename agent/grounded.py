"""A ChatModel around one that writes freely: nothing of its replies is shown before it is checked."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from agent.claim_usage import WordUsage
from agent.claims import Claims
from agent.comparatives import Comparatives
from agent.composing import Composer
from agent.errors import ModelDown, Unfounded
from agent.grounding import check
from agent.ports import ChatModel, PlanContext, TellContext, Understood
from agent.rules.tell import card_line, tell_owed
from agent.types import Credit
from retrieval.catalog import Catalog
from retrieval.entities import Linker


class Grounded:
    """Plans as the model does, with numbers where it compares; of what it tells, what does not hold is mended or
    left out, and cards that it forgot are named by code."""

    def __init__(self, model: ChatModel, catalog: Catalog, linker: Linker) -> None:
        self._model, self._catalog, self._linker = model, catalog, linker
        self._usage = WordUsage(catalog)
        self._comparatives = Comparatives(catalog, linker)

    @property
    def tier(self) -> str:
        """The model's."""
        return self._model.tier

    async def plan(self, context: PlanContext) -> Understood:
        """As the model, with its comparing words as bounds."""
        understood = await self._model.plan(context)
        plan = await asyncio.to_thread(self._comparatives.bounded, understood.plan, context)
        return replace(understood, plan=plan)

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """The reply, a sentence at a time; ModelDown where the model breaks off, or if nothing that it says holds."""
        claims = Claims(context, self._catalog, self._linker, self._usage)
        named = len(check(context.begun, context.cards).named)
        reply = Composer.begin(
            claims, lambda place: card_line(context, self._catalog, context.cards[place]), context.begun, named
        )
        credit: Credit | None = None
        async with aclosing(self._model.tell(context)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Credit):
                    credit = piece
                elif shown := reply.add(piece):
                    yield shown
        if credit is None:
            raise ModelDown(f"the reply of {self.tier!r} has no end; see its adapter")
        if shown := reply.end():
            yield shown
        if shown := _forgotten(context, reply, self._catalog):
            yield shown
        if not reply.text[len(context.begun) :].strip():
            raise Unfounded(f"nothing that {self.tier!r} said is in the data; the next rung tells it")
        tier = f"{credit.tier}+rules" if reply.completed else credit.tier
        yield replace(credit, tier=tier, notes=(*credit.notes, *reply.notes))


def _forgotten(context: TellContext, reply: Composer, catalog: Catalog) -> str:
    """What the model had to say besides the cards and did not, in the words of the rules."""
    left = tell_owed(replace(context, begun=reply.text), catalog)
    return reply.append(left, "what had to be said and was not") if left and reply.text.strip() else ""
