"""The dialogue as the state: rebuild a ledger and the list shown last from the messages of a stateless request."""

from dataclasses import replace
from datetime import datetime

from agent.fetch import effective
from agent.languages import language_of
from agent.plan import Accept, Forget, Plan, React, Recommend, Remember, Search, SimilarTo
from agent.ports import ChatModel, PlanContext
from agent.profile import Moment, Profile
from agent.tools import run
from agent.types import Dialogue, Message, Snapshot, TurnRequest
from agent.work import Work
from retrieval.index import Index

_READ_MESSAGES = 40


async def replay(request: TurnRequest, index: Index, model: ChatModel, at: datetime) -> Snapshot:
    """Plan every earlier message of the person again and keep what it said about taste; nothing is fetched."""
    dialogue = Dialogue(request.user, request.session)
    moment = Moment(request.session, 0, at.isoformat(timespec="seconds"))
    work = Work(index, request, moment, Profile(), dialogue)
    for message in (request.history or ())[-_READ_MESSAGES:]:
        work = await _read(message, work, model)
    return Snapshot(work.profile, work.dialogue)


async def _read(message: Message, work: Work, model: ChatModel) -> Work:
    dialogue = replace(work.dialogue, messages=(*work.dialogue.messages, message))
    if message.role == "assistant":
        listed = work.index.linker.listed(message.text)
        return replace(work, dialogue=replace(dialogue, shown=(*dialogue.shown, listed) if listed else dialogue.shown))
    language = language_of(message.text, dialogue.language)
    context = PlanContext(
        text=message.text,
        messages=work.dialogue.messages,
        shown=work.scene.shown,
        last=work.dialogue.last,
        preferences=work.preferences,
        person=work.dialogue.person,
        offer=work.dialogue.offer,
        language=language,
        past=True,
    )
    plan = (await model.plan(context)).plan
    return _remembered(plan, replace(work, dialogue=replace(dialogue, language=language), language=language))


def _remembered(plan: Plan, work: Work) -> Work:
    for action in plan.actions:
        if isinstance(action, Remember | Forget | React):
            work = run(action, work)
        elif isinstance(action, Accept):
            offer = work.dialogue.offer or work.dialogue.last
            work = replace(work, dialogue=replace(work.dialogue, last=offer, offer=None))
        elif isinstance(action, Search | SimilarTo | Recommend):
            wanted = effective(action, work)[0]
            trial = isinstance(action, Search) and action.trial
            after = replace(work.dialogue, offer=wanted) if trial else replace(work.dialogue, last=wanted)
            work = replace(work, dialogue=after)
    return replace(work, observations=())
