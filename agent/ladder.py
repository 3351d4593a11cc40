"""A ChatModel made of rungs, best first: what one cannot do, the next one does. The last one is the rules.

A reply that breaks off is gone on with by the next rung, behind what the person has read already.
"""

import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from agent.errors import ModelDown, ModelError, ModelMisconfigured
from agent.ports import ChatModel, PlanContext, TellContext, Understood
from agent.types import Credit, Note

log = logging.getLogger(__name__)

_PAUSE_S, _LONGEST_S = 5.0, 120.0


class Breaker:
    """Keeps a dead server from costing every turn its timeout: after a failure one call at a time tries it again, the
    later the oftener it failed."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures = 0
        self._closed_until = 0.0

    def lets_through(self) -> bool:
        """Whether to try; who tries after a failure holds the others back for the while."""
        if self._failures and self._now() < self._closed_until:
            return False
        if self._failures:
            self._hold()
        return True

    def succeeded(self) -> None:
        """It answers."""
        self._failures = 0

    def failed(self) -> None:
        """It does not answer."""
        self._failures += 1
        self._hold()

    def _hold(self) -> None:
        self._closed_until = self._now() + min(_PAUSE_S * 2.0 ** (self._failures - 1), _LONGEST_S)


@dataclass(frozen=True, slots=True)
class Rung:
    """A model, and which of the two calls of a turn it does."""

    model: ChatModel
    plans: bool = True
    tells: bool = True


@dataclass(frozen=True, slots=True)
class _Rung:
    model: ChatModel
    breaker: Breaker
    plans: bool
    tells: bool


class Ladder:
    """Rungs from the best to the one that always works and does both calls."""

    def __init__(self, *models: ChatModel | Rung, now: Callable[[], float] = time.monotonic) -> None:
        rungs = (model if isinstance(model, Rung) else Rung(model) for model in models)
        self._rungs = tuple(_Rung(rung.model, Breaker(now), rung.plans, rung.tells) for rung in rungs)

    @property
    def tier(self) -> str:
        """All rungs, best first."""
        return "+".join(rung.model.tier for rung in self._rungs)

    async def plan(self, context: PlanContext) -> Understood:
        """The plan of the best rung that makes one. Earlier messages of a stateless dialogue are left to the last."""
        fell: list[Note] = []
        for rung in self._open(fell, self._rungs[-1:] if context.past else [r for r in self._rungs if r.plans]):
            try:
                understood = await rung.model.plan(context)
            except ModelError as error:
                _fall(rung, error, "plan", fell)
                if rung is self._rungs[-1]:
                    raise
                continue
            rung.breaker.succeeded()
            credit = understood.credit
            return replace(understood, credit=replace(credit, notes=(*fell, *credit.notes)))
        raise ModelDown("no model is left to plan; see the log")

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """The reply of the best rung; where it breaks off, the next one goes on."""
        fell: list[Note] = []
        said = Credit("")
        begun = context.begun
        for rung in self._open(fell, [r for r in self._rungs if r.tells]):
            spoke = False
            try:
                async with aclosing(rung.model.tell(replace(context, begun=begun))) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, Credit):
                            rung.breaker.succeeded()
                            whole = said + piece
                            yield replace(whole, notes=(*fell, *whole.notes))
                            return
                        spoke, begun = True, begun + piece
                        yield piece
                raise ModelDown(f"the reply of {rung.model.tier!r} has no end; see its adapter")
            except ModelError as error:
                _fall(rung, error, "reply", fell)
                if rung is self._rungs[-1]:
                    raise
                said = said + Credit(rung.model.tier) if spoke else said
        raise ModelDown("no model is left to reply; see the log")

    def _open(self, fell: list[Note], rungs: Sequence[_Rung]) -> Iterator[_Rung]:
        """The rungs to try; the last one always."""
        for rung in rungs:
            if rung is self._rungs[-1] or rung.breaker.lets_through():
                yield rung
            else:
                fell.append(Note("fell", f"{rung.model.tier}: left alone for a while after failing"))


def _fall(rung: _Rung, error: ModelError, call: str, fell: list[Note]) -> None:
    if isinstance(error, ModelDown | ModelMisconfigured):
        rung.breaker.failed()
    fell.append(Note("fell", f"{rung.model.tier}: {call}: {error.code}: {error}"))
    log.warning("%s does not give the %s, the next rung does: %s", rung.model.tier, call, error)
