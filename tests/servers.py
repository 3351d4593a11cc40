"""A real server in a thread, on a free port."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from ui.listen import listen, url_of


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Serve an application; yields its address."""
    with listen("127.0.0.1", 0) as taken:
        url = url_of(taken)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, args=([taken],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield url
        server.should_exit = True
        thread.join(10)
