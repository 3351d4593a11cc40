"""One chat turn: read once, plan, run the tools, show the cards, tell, write once."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime

from agent.cards import cards_of
from agent.errors import AgentError, BadRequest, ModelDown
from agent.followup import followed
from agent.found_text import told_plainly
from agent.languages import language_of, languages
from agent.plan import Accept, Plan, Recommend, Remember, Search, SimilarTo
from agent.ports import ChatModel, PlanContext, Store, TellContext, Understood
from agent.profile import Moment
from agent.replay import replay
from agent.tools import run
from agent.trace import record_of
from agent.types import (
    Card,
    Credit,
    Done,
    Event,
    Failed,
    Message,
    Observed,
    Planned,
    Recommended,
    Snapshot,
    Step,
    TextDelta,
    Turn,
    TurnRequest,
)
from agent.work import Work
from retrieval.errors import RetrievalError
from retrieval.index import Index

log = logging.getLogger(__name__)

_KEPT_MESSAGES = 40
_KEPT_LISTS = 20


async def take_turn(
    request: TurnRequest, index: Index, model: ChatModel, store: Store, now: Callable[[], datetime]
) -> AsyncGenerator[Event, None]:
    """Run one turn as a stream of events that ends in exactly one Done or Failed. Only a Done turn is remembered."""
    outcome, tier, start = "interrupted", model.tier, time.perf_counter()
    try:
        async for event in _steps(request, index, model, store, now):
            outcome = {Done: "ok", Failed: "failed"}.get(type(event), outcome)
            tier = event.tier if isinstance(event, Planned | Done) else tier
            yield event
    except (AgentError, RetrievalError) as error:
        outcome = "failed"
        yield Failed(getattr(error, "code", "retrieval_error"), str(error))
    except Exception:
        outcome = "crashed"
        raise
    finally:
        log.info("turn %s in %.0f ms, tier %s", outcome, (time.perf_counter() - start) * 1e3, tier)


async def _steps(
    request: TurnRequest, index: Index, model: ChatModel, store: Store, now: Callable[[], datetime]
) -> AsyncGenerator[Event, None]:
    clock = _Clock()
    snapshot = await _state(request, index, model, store, now)
    clock.lap("load")
    work = _begin(request, index, snapshot, now())
    understood = await _plan(request, work, model)
    plan = understood.plan
    clock.lap("plan")
    yield Planned(plan, understood.credit.tier, work.language)

    plan, work = await asyncio.to_thread(_run, plan, work)
    cards = cards_of(work.observations, index.catalog, work.preferences, work.language, work.past)
    clock.lap("tools")
    for observation in work.observations:
        yield Observed(observation)
    if cards:
        yield Recommended(cards, sum(getattr(o, "matching", 0) for o in work.observations))

    pieces: list[str] = []
    told: Credit | None = None
    context = _tell_context(plan, work, cards)
    telling = told_plainly(context, index.catalog) if request.facts_only else model.tell(context)
    async with aclosing(telling):
        async for piece in telling:
            if isinstance(piece, Credit):
                told = piece
            else:
                pieces.append(piece)
                yield TextDelta(piece)
    if told is None:
        raise ModelDown(f"the reply of the model {model.tier!r} was cut; ask again")
    clock.lap("tell")

    done = _finish(plan, work, cards, "".join(pieces), understood.credit + told, clock)
    if request.history is None and (request.user or request.session):
        await store.commit(replace(_turn(request, work, done, model), version=snapshot.version))
    yield done


async def _state(
    request: TurnRequest, index: Index, model: ChatModel, store: Store, now: Callable[[], datetime]
) -> Snapshot:
    if request.history is None:
        return await store.load(request.user, request.session)
    return await replay(request, index, model, now())


def _begin(request: TurnRequest, index: Index, snapshot: Snapshot, at: datetime) -> Work:
    moment = Moment(request.session, snapshot.dialogue.turn + 1, at.astimezone(UTC).isoformat(timespec="seconds"))
    history = index.log.history(request.user) if request.user else ()
    # What is clicked has no language of its own.
    words = "" if request.actions else request.text
    language = request.language or language_of(words, snapshot.dialogue.language)
    return Work(index, request, moment, snapshot.profile, snapshot.dialogue, history, language=language)


async def _plan(request: TurnRequest, work: Work, model: ChatModel) -> Understood:
    """Read the message; a click is a plan already, and nobody planned it."""
    if request.actions:
        return Understood(Plan(actions=request.actions), Credit(""))
    context = PlanContext(
        text=request.text,
        messages=work.dialogue.messages,
        shown=work.scene.shown,
        last=work.dialogue.last,
        preferences=work.preferences,
        person=work.dialogue.person,
        asked=work.dialogue.asked,
        question=work.dialogue.question,
        offer=work.dialogue.offer,
        language=work.language,
    )
    understood = await model.plan(context)
    return replace(understood, plan=answered(understood.plan))


def answered(plan: Plan) -> Plan:
    """A person who only states a taste wants results too: such a plan ends in a recommendation."""
    states_taste = any(
        isinstance(a, Remember) and (a.likes or a.wants or a.constraints or a.avoids) for a in plan.actions
    )
    only_memory = all(isinstance(a, Remember) for a in plan.actions)
    return Plan(actions=(*plan.actions, Recommend())) if states_taste and only_memory else plan


def _run(plan: Plan, work: Work) -> tuple[Plan, Work]:
    """Run the calls, and add the one question that is worth asking. An offer and a question stand for one turn."""
    before = work.dialogue
    for action in plan.actions:
        seen, start = len(work.observations), time.perf_counter()
        work = run(action, work)
        step = Step(action, work.observations[seen:], (time.perf_counter() - start) * 1e3)
        work = replace(work, steps=(*work.steps, step))
    plan, work = followed(plan, work)
    after = work.dialogue
    return plan, replace(
        work,
        dialogue=replace(
            after,
            offer=None if after.offer is before.offer else after.offer,
            question="" if after.asked == before.asked else after.question,
        ),
    )


def _tell_context(plan: Plan, work: Work, cards: tuple[Card, ...]) -> TellContext:
    return TellContext(
        text=work.request.text,
        plan=plan,
        observations=work.observations,
        cards=cards,
        preferences=work.preferences,
        messages=work.dialogue.messages,
        person=work.dialogue.person,
        turn=work.moment.turn,
        language=work.language,
        past=work.past,
    )


def _finish(plan: Plan, work: Work, cards: tuple[Card, ...], reply: str, credit: Credit, clock: "_Clock") -> Done:
    fetched = any(isinstance(a, Search | SimilarTo | Recommend | Accept) for a in plan.actions)
    basis = ("; cf" if work.index.manifest.cf else "; content-only") if fetched else ""
    return Done(
        reply=reply,
        cards=cards,
        profile=work.scene.wording.labelled(work.preferences),
        plan=plan,
        tier=credit.tier + basis,
        timings_ms={**work.timings_ms, **clock.laps_ms()},
        session=work.request.session,
        turn=work.moment.turn,
        language=work.language,
        steps=work.steps,
        usage=credit.usage,
        notes=credit.notes,
        prompts=credit.prompts,
    )


def _turn(request: TurnRequest, work: Work, done: Done, model: ChatModel) -> Turn:
    said = (Message("user", request.text), Message("assistant", done.reply))
    shown = (tuple(c.item.item_id for c in done.cards),) if done.cards else ()
    dialogue = replace(
        work.dialogue,
        messages=(*work.dialogue.messages, *said)[-_KEPT_MESSAGES:],
        shown=(*work.dialogue.shown, *shown)[-_KEPT_LISTS:],
        turn=done.turn,
        language=done.language,
    )
    return Turn(work.profile, dialogue, record_of(request, work, done))


class _Clock:
    """Wall time per stage of a turn, in milliseconds."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._laps[stage], self._last = (now - self._last) * 1e3, now

    def laps_ms(self) -> dict[str, float]:
        return {**self._laps, "turn": (time.perf_counter() - self._start) * 1e3}


def checked(request: TurnRequest, max_chars: int) -> TurnRequest:
    """Refuse what cannot be read: over-long text, control characters in ids."""
    if len(request.text) > max_chars:
        raise BadRequest(
            f"the message has {len(request.text)} characters, the limit is {max_chars}; send a shorter one"
        )
    for name, value in (("user", request.user), ("session", request.session)):
        if len(value) > 200 or not value.isprintable():
            raise BadRequest(f"{name} {value[:40]!r} is not usable; use up to 200 printable characters")
    if not 1 <= request.count <= 50:
        raise BadRequest(f"count {request.count!r} is out of range; ask for 1 to 50 items")
    if not 0.0 <= request.diversity <= 1.0:
        raise BadRequest(f"diversity {request.diversity!r} is out of range; use 0 to 1")
    if request.language and request.language not in languages():
        raise BadRequest(f"language {request.language!r} is not spoken here; use one of {', '.join(languages())}")
    return request
