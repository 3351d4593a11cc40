"""Middleware of a vLLM server: an adapter that was loaded in place is loaded once.

vLLM 0.32 keeps the mark 'load in place' on the adapter that it serves from then on, and its worker obeys the mark on
every step: it reads the adapter from the disk again for each token. Without the mark it serves what it has loaded.
"""

import logging
from collections.abc import Mapping
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)

_LOAD = "/v1/load_lora_adapter"


class _Adapter(Protocol):
    load_inplace: bool


class _Models(Protocol):
    lora_requests: Mapping[str, _Adapter]


class Settled:
    """Takes the mark off once an adapter is loaded."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "http" and scope["path"] == _LOAD:
                settle(getattr(scope["app"].state, "openai_serving_models", None))


def settle(models: _Models | None) -> None:
    """Take the mark off all adapters of a server."""
    if models is None:
        log.warning("this vLLM keeps its adapters elsewhere: a swapped one may be read again for every token")
        return
    for adapter in models.lora_requests.values():
        adapter.load_inplace = False
