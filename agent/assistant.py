"""The assistant of one catalogue: turns, and the person's own hand on the ledger."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal, TypeAlias
from weakref import WeakValueDictionary

from agent.errors import AgentError, BadRequest, UnknownPreference
from agent.ledger import verdict_of
from agent.observations import Unresolved
from agent.plan import React, Scope
from agent.ports import Archive, ChatModel, Store
from agent.profile import Moment, Profile, forget, remember, restate, undo
from agent.resolve import Scene
from agent.tools import for_whom
from agent.turn import checked, take_turn
from agent.types import Done, Event, Failed, Snapshot, Turn, TurnRequest
from retrieval.index import Index


def _utc_now() -> datetime:
    return datetime.now(UTC)


Watch: TypeAlias = Callable[[AsyncGenerator[Event, None]], AsyncGenerator[Event, None]]


def _unwatched(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    return events


class Assistant:
    """Everything a channel needs. Turns of one person run one after the other, those of different people at once."""

    def __init__(
        self,
        index: Index,
        model: ChatModel,
        store: Store,
        archive: Archive,
        *,
        max_chars: int = 8000,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.index = index
        self._model = model
        self._store = store
        self._archive = archive
        self._max_chars = max_chars
        self._now = now
        self._watch: Watch = _unwatched
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def use(self, index: Index, model: ChatModel) -> None:
        """Serve from another version of the index from the next turn on; turns in progress end on theirs."""
        self.index, self._model = index, model

    def watch(self, watch: Watch) -> None:
        """Pass the events of every turn from now on through `watch`, which counts them and lets them be."""
        self._watch = watch

    def reply(self, request: TurnRequest) -> AsyncGenerator[Event, None]:
        """Run one turn; the stream ends in exactly one Done or Failed."""
        return self._watch(self._reply(request))

    async def _reply(self, request: TurnRequest) -> AsyncGenerator[Event, None]:
        try:
            checked(request, self._max_chars)
        except BadRequest as error:
            yield Failed(error.code, str(error))
            return
        async with self._turn_of(request.user or request.session):
            steps = take_turn(request, self.index, self._model, self._store, self._now)
            async with aclosing(steps) as events:
                async for event in events:
                    yield event

    def ask(self, request: TurnRequest) -> Done:
        """Run one turn to its end, outside any event loop; AgentError if it fails."""

        async def last() -> Event:
            async with aclosing(self.reply(request)) as events:
                return [event async for event in events][-1]

        end = asyncio.run(last())
        if isinstance(end, Done):
            return end
        raise AgentError(end.message if isinstance(end, Failed) else f"the turn ended in {end!r}")

    async def snapshot(self, user: str, session: str = "") -> Snapshot:
        """Read a person's ledger and a session's dialogue."""
        return await self._store.load(user, session)

    async def conversation(self, user: str, session: str, limit: int = 20) -> list[dict[str, object]]:
        """The records (agent.trace) of the latest turns of a session, oldest first."""
        return await self._archive.conversation(user, session, limit)

    async def profile(self, user: str) -> Profile:
        """Read a person's ledger."""
        return (await self._store.load(user, "")).profile

    async def edit(
        self,
        user: str,
        preference_id: str,
        *,
        polarity: Literal[-1, 1] | None = None,
        hard: bool | None = None,
        scope: Scope | None = None,
    ) -> Profile:
        """Restate a record with other properties; the old one stays in the history as superseded."""

        def change(profile: Profile) -> Profile:
            record = profile.find(preference_id)
            if record is None or record.ended:
                raise UnknownPreference(f"there is no active preference {preference_id!r}; list the profile first")
            said = record.said
            said = replace(
                said,
                polarity=said.polarity if polarity is None else polarity,
                hard=said.hard if hard is None else hard,
                scope=said.scope if scope is None else scope,
            )
            return restate(profile, preference_id, said, replace(record.moment, at=self._stamp()))

        return await self._change(user, change)

    async def forget(self, user: str, preference_ids: Iterable[str]) -> Profile:
        """End records; unknown ones raise UnknownPreference."""
        ids = tuple(preference_ids)

        def change(profile: Profile) -> Profile:
            unknown = [i for i in ids if profile.find(i) is None]
            if unknown:
                raise UnknownPreference(f"there is no preference {unknown[0]!r}; list the profile first")
            return forget(profile, ids)

        return await self._change(user, change)

    async def undo(self, user: str) -> Profile:
        """Take the newest change of the ledger back."""
        return await self._change(user, undo)

    async def react(
        self, user: str, session: str, item_id: str, verdict: Literal["like", "dislike", "seen", "reject"]
    ) -> Profile:
        """Record a verdict from a button; no model is involved."""
        said = verdict_of(React(item=f"id:{item_id}", verdict=verdict), Scene(self.index.catalog, self.index.linker))
        if isinstance(said, Unresolved):
            raise BadRequest(f"there is no item {item_id!r} in this catalogue; use an item_id from a recommendation")

        person = (await self._store.load(user, session)).dialogue.person if session else ""

        def change(profile: Profile) -> Profile:
            return remember(profile, [for_whom(said, person)], Moment(session, 0, self._stamp()))

        return await self._change(user, change)

    async def export(self, user: str) -> dict[str, object]:
        """Everything that is stored about a person."""
        return await self._archive.export(user)

    async def erase(self, user: str) -> int:
        """Erase everything about a person; returns how many turns went."""
        async with self._turn_of(user):
            return await self._archive.forget_user(user)

    def _turn_of(self, key: str) -> asyncio.Lock:
        if not key:
            return asyncio.Lock()
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock

    async def _change(self, user: str, change: Callable[[Profile], Profile]) -> Profile:
        if not user:
            raise BadRequest("user '' has no profile; name the user")
        async with self._turn_of(user):
            snapshot = await self._store.load(user, "")
            after = change(snapshot.profile)
            if after != snapshot.profile:
                record = {"at": self._stamp(), "outcome": "edited"}
                await self._store.commit(Turn(after, snapshot.dialogue, record, snapshot.version))
            return after

    def _stamp(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="seconds")
