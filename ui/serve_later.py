"""Bundled catalogues that join a running server as soon as they can: opened, and first built, beside the others."""

import asyncio
import logging
import os
import sys

from agent import Assistant
from agent.app import follow, is_built, load
from agent.config import Settings
from agent.errors import AgentError
from retrieval.errors import RetrievalError
from ui.served import Served

log = logging.getLogger(__name__)

# A process of its own, behind everything else: building must slow no turn down.
_BUILD = "import os, sys; os.nice(10); from ui.cli import main; sys.exit(main(['build', sys.argv[1]]))"
OPENING, BUILDING = "opening", "being built"
"""What /readyz says of a catalogue that is on its way."""


async def offer_later(catalog: str, served: Served, settings: Settings, turn: asyncio.Lock) -> None:
    """Build a bundled catalogue if need be, open and offer it, and keep it on its newest version until cancelled.

    `turn` is held while it is built and opened, one catalogue at a time. One that fails is logged and left out.
    """
    served.coming[catalog] = OPENING
    async with turn:
        try:
            assistant = await _opened(catalog, served, settings)
        except (AgentError, RetrievalError, OSError) as error:
            log.error("catalogue %r is not offered: %s", catalog, error)  # noqa: TRY400 - the message says it all
            served.coming[catalog] = f"not offered: {error}"
            return
        del served.coming[catalog]
        served.offer(assistant.index.manifest.spec.name, assistant)
    await follow(assistant, settings)


async def _opened(catalog: str, served: Served, settings: Settings) -> Assistant:
    if not await asyncio.to_thread(is_built, catalog, settings):
        served.coming[catalog] = BUILDING
        await _build(catalog, settings)
    return await asyncio.to_thread(load, catalog, settings, None, tuple(served.assistants.values()))


async def _build(catalog: str, settings: Settings) -> None:
    """Build in another process; what it says last is the error."""
    told = {"HOME": str(settings.home), "EMBEDDER": settings.embedder, "CHROMA_URL": settings.chroma_url}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _BUILD,
        catalog,
        env={**os.environ, **{f"SOMMELIER_{name}": value for name, value in told.items()}},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    if process.returncode:
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise RetrievalError(f"the build failed: {''.join(last) or process.returncode}")
