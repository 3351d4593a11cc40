"""One port for the API and the page."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import cast

import uvicorn
from fastapi import FastAPI
from starlette.types import Lifespan

from agent import Assistant
from agent.app import follow
from agent.config import Settings
from ui.gradio_app import mount
from ui.http import api
from ui.listen import address_of, only_here
from ui.serve_later import offer_later
from ui.served import Served

_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_GOODBYE_S = 3
"""How long open requests may take to end when the server stops; a page keeps one open for as long as it is shown."""


def serve(
    assistants: Mapping[str, Assistant],
    taken: socket.socket,
    settings: Settings,
    names: Sequence[str] = (),
    later: Sequence[str] = (),
) -> None:
    """Serve on a socket from `ui.listen` until told to stop (SIGINT, SIGTERM); new versions of an index are used.

    `later`: bundled catalogues that join as soon as they are open, built first if need be.
    """
    assistants = dict(assistants)
    app = api(
        assistants,
        keys=settings.api_keys,
        hosts=host_names(taken, names),
        max_chars=settings.max_chars,
        lifespan=_beside(settings, later),
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


def _beside(settings: Settings, later: Sequence[str]) -> Lifespan[FastAPI]:
    @asynccontextmanager
    async def beside(app: FastAPI) -> AsyncIterator[None]:
        served, turn = cast(Served, app.state.served), asyncio.Lock()
        following = [follow(assistant, settings) for assistant in served.assistants.values()]
        coming = [offer_later(catalog, served, settings, turn) for catalog in later]
        tasks = [asyncio.create_task(work) for work in (*following, *coming)]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    return beside


def host_names(taken: socket.socket, more: Sequence[str] = ()) -> tuple[str, ...]:
    """Names a server answers to: its own while only this machine reaches it; otherwise it cannot know them all."""
    if not only_here(taken):
        return tuple(more)
    return (*_LOCAL_NAMES, address_of(taken)[0], *more)
