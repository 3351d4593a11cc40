"""One port for the API and the page."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from starlette.types import Lifespan

from agent import Assistant
from agent.app import follow
from agent.config import Settings
from ui.gradio_app import mount
from ui.http import api
from ui.listen import address_of, only_here

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_GOODBYE_S = 3
"""How long open requests may take to end when the server stops; a page keeps one open for as long as it is shown."""


def serve(
    assistants: Mapping[str, Assistant], taken: socket.socket, settings: Settings, names: Sequence[str] = ()
) -> None:
    """Serve on a socket from `ui.listen` until told to stop (SIGINT, SIGTERM); new versions of an index are used."""
    app = api(
        assistants,
        keys=settings.api_keys,
        hosts=host_names(taken, names),
        max_chars=settings.max_chars,
        lifespan=_following(assistants.values(), settings),
    )
    config = uvicorn.Config(
        mount(app, assistants),
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=_GOODBYE_S,
    )
    uvicorn.Server(config).run(sockets=[taken])


def _following(assistants: Iterable[Assistant], settings: Settings) -> Lifespan[FastAPI]:
    @asynccontextmanager
    async def following(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(follow(assistant, settings)) for assistant in assistants]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    return following


def host_names(taken: socket.socket, more: Sequence[str] = ()) -> tuple[str, ...]:
    """Names a server answers to: its own while only this machine reaches it; otherwise it cannot know them all."""
    if not only_here(taken):
        return tuple(more)
    return (*_LOCAL_NAMES, address_of(taken)[0], *more)
