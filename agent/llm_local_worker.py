"""One thread that works for many conversations, in their order: what it makes comes out as an async stream.

A reader that goes away stops the work for it; the event loop never waits.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import TypeVar

from agent.errors import ModelRefused
from agent.llm_local_decode import Stop, Stopped

T = TypeVar("T")

MOST_WAITING = 4
"""Conversations that may wait; the others are answered by the next rung at once."""


class Worker:
    """The thread, and who waits for it."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="llm-local")
        self._jobs: set[Future[None]] = set()

    def soon(self, work: Callable[[], None]) -> None:
        """Do something that nobody waits for."""
        self._pool.submit(work)

    async def stream(self, work: Callable[[Stopped], Iterator[T]]) -> AsyncGenerator[T, None]:
        """What a generator makes in the thread; raises what it raises, ModelRefused if too many wait already."""
        if len(self._jobs) > MOST_WAITING:
            raise ModelRefused(f"the model in this process is busy: {MOST_WAITING} wait for it; ask again later")
        loop = asyncio.get_running_loop()
        made: asyncio.Queue[tuple[T] | None] = asyncio.Queue()
        gone = Event()

        def send(piece: tuple[T] | None) -> None:
            try:
                loop.call_soon_threadsafe(made.put_nowait, piece)
            except RuntimeError:  # the loop is closed: nobody reads
                gone.set()

        def run() -> None:
            try:
                for piece in work(gone.is_set):
                    send((piece,))
            except Stop:
                return
            finally:
                send(None)

        job = self._pool.submit(run)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        try:
            while (piece := await made.get()) is not None:
                yield piece[0]
            await asyncio.wrap_future(job)
        finally:
            gone.set()
            job.cancel()
