"""What a server knows about a person: read it, change it, erase it; and verdicts on items.

Whoever may call the API may name any user: give keys to trusted programs only, and use ids that cannot be guessed.
"""

from contextlib import aclosing
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from agent import TurnRequest
from agent.errors import BadRequest
from agent.observations import Unresolved
from agent.plan import Remember, Scope
from agent.profile import Profile
from agent.types import Failed, Observed
from ui.http_errors import failure
from ui.json_values import Json
from ui.openai_types import Body, SessionId, UserId
from ui.openapi import answers
from ui.profile_types import Erased, ProfileExport, ProfileView, Reacted
from ui.served import Served
from ui.views import owner, profile_view

_PLAIN = (400, 401, 404, 422, 500, 503)
_REFUSALS = (*_PLAIN, 413, 415)
User: TypeAlias = Annotated[str, Path(min_length=1, max_length=200)]
Model: TypeAlias = Annotated[str, Query(description="Of which model; the first one's when left out.")]


class Edit(BaseModel):
    """Another reading of one record; what is left out stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    polarity: Literal[-1, 1] | None = None
    hard: bool | None = None
    scope: Scope | None = None


class ProfileChange(Body):
    """PATCH /v1/profiles/{user}: exactly one change. `remember` takes the arguments of the tool of that name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    forget: tuple[str, ...] | None = Field(default=None, min_length=1)
    undo: Literal[True] | None = None
    edit: Edit | None = None
    remember: Remember | None = None

    @model_validator(mode="after")
    def _one(self) -> "ProfileChange":
        if len(self.model_fields_set) != 1 or None in (getattr(self, name) for name in self.model_fields_set):
            raise ValueError("give exactly one of 'forget', 'undo', 'edit', 'remember'")
        return self


class Feedback(Body):
    """POST /v1/feedback."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item_id: str = Field(min_length=1, max_length=500)
    verdict: Literal["like", "dislike", "seen", "reject"]
    user: UserId = ""
    session: SessionId = ""
    model: str = ""


def profile_routes(served: Served) -> APIRouter:
    """The routes, over these assistants."""
    routes = APIRouter()

    @routes.get("/profiles/{user:path}", response_model=None, responses=answers(ProfileView | ProfileExport, *_PLAIN))
    async def read(user: User, model: Model = "", session: SessionId = "", full: bool = False) -> Json:
        """What counts for a person now and what has ended; with `full`, everything that is stored."""
        assistant = served.assistant(model)
        if full:
            return {"user": user, "export": await assistant.export(user)}
        return {"user": user, **profile_view(await assistant.profile(user), session)}

    @routes.patch("/profiles/{user:path}", response_model=None, responses=answers(ProfileView, *_REFUSALS, 429))
    async def change(user: User, body: ProfileChange, model: Model = "") -> Json:
        """Forget, undo, edit or remember; nothing is lost: what ends stays in the history."""
        return {"user": user, **profile_view(await _changed(served, served.named(model), user, body))}

    @routes.delete("/profiles/{user:path}", response_model=None, responses=answers(Erased, *_PLAIN))
    async def erase(user: User, model: Model = "") -> Json:
        """Erase everything about a person; returns how much went."""
        assistant = served.assistant(model)
        records = len((await assistant.profile(user)).records)
        return {"user": user, "erased": {"turns": await assistant.erase(user), "preferences": records}}

    @routes.post("/feedback", response_model=None, responses=answers(Reacted, *_REFUSALS))
    async def react(body: Feedback) -> Json:
        """Record a verdict on an item, for a user or for an anonymous session."""
        user = owner(body.user, body.session)
        if not user:
            raise BadRequest("user '' and session '' name nobody; give one of them")
        profile = await served.assistant(body.model).react(user, body.session, body.item_id, body.verdict)
        told: Json = {"item_id": body.item_id, "verdict": body.verdict}
        return {"user": user, "session": body.session, **told, "profile": profile_view(profile, body.session)["active"]}

    return routes


async def _changed(served: Served, name: str, user: str, body: ProfileChange) -> Profile:
    assistant = served.assistants[name]
    if body.forget is not None:
        return await assistant.forget(user, body.forget)
    if body.edit is not None:
        edit = body.edit
        return await assistant.edit(user, edit.id, polarity=edit.polarity, hard=edit.hard, scope=edit.scope)
    if body.remember is not None:
        await _remember(served, name, user, body.remember)
        return await assistant.profile(user)
    return await assistant.undo(user)


async def _remember(served: Served, name: str, user: str, what: Remember) -> None:
    """Run the tool as a turn without words. A mention that is not in the catalogue stops it before anything is kept."""
    asked = TurnRequest(text="", user=user, actions=(what,))
    async with aclosing(served.turn(name, asked)) as events:
        async for event in events:
            if isinstance(event, Failed):
                raise failure(event)
            if isinstance(event, Observed) and isinstance(event.observation, Unresolved):
                near = ", ".join(f"id:{item.item_id}" for item in event.observation.suggestions) or "nothing"
                mention = event.observation.mention[:80]
                raise BadRequest(f"{mention!r} is not in the catalogue; near it: {near}; nothing was kept")
