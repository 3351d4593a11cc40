"""What stands before every request: host names, body size, API keys, and the headers of every answer. Plain ASGI."""

import hmac
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.http_errors import ApiError, error_response
from ui.metrics import Metrics

MAX_BODY = 1 << 20
"""Bytes of the largest request body."""
_TOO_LARGE = f"the body is larger than {MAX_BODY} bytes; send less"
_DRAINED = 16 * MAX_BODY
"""A refused body is read up to here, so that the client gets the answer instead of a reset connection."""
_API_PATHS = ("/v1", "/healthz", "/readyz", "/metrics", "/openapi.json")
_OPEN = "/v1/catalogs/"
"""Pictures: an <img> can send no key, and the page shows them to anybody."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"
_PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob: http: https:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
"""Gradio's page needs inline scripts and eval; nothing may come from, or go to, another host."""


class AnswerHeaders:
    """Adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policy = _API_POLICY if scope["path"].startswith(_API_PATHS) else _PAGE_POLICY

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (*_HEADERS.items(), ("Content-Security-Policy", policy)):
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sent)


class KnownHosts:
    """Refuses names of the server that are not its own, so that no other site can reach it through a visitor's browser
    by pointing its own name here (DNS rebinding). Without names every one is accepted."""

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app, self._names = app, frozenset(name.casefold() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if self._names and scope["type"] in ("http", "websocket"):
            host = Headers(scope=scope).get("host", "")
            if _name_of(host) not in self._names:
                message = f"host {host[:80]!r} is not a name of this server; name it with --allow-host"
                await error_response(ApiError(400, message, code="unknown_host"))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _name_of(host: str) -> str:
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    return name.casefold()


class Heads:
    """Answers HEAD on the API's paths as GET; the server sends the headers of the answer and leaves its body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        if scope["type"] == "http" and scope["method"] == "HEAD" and scope["path"].startswith(_API_PATHS):
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)


class BodyLimit:
    """Refuses bodies of more than MAX_BODY bytes, whether they say so or not, before anything is parsed."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        size = Headers(scope=scope).get("content-length", "")
        error = ApiError(413, _TOO_LARGE, code="too_large")
        if size.isdigit() and int(size) > MAX_BODY:
            await _drain(receive)
            self._metrics.failed(error.code)
            await error_response(error)(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY:
                # FastAPI lets no other error through from here.
                raise HTTPException(413, _TOO_LARGE)
            return message

        await self._app(scope, counted, send)


async def _drain(receive: Receive) -> None:
    read = 0
    while read < _DRAINED:
        message = await receive()
        read += len(message.get("body", b""))
        if not message.get("more_body", False):
            return


class Keys:
    """Asks for an API key (Authorization: Bearer), when there are any."""

    def __init__(self, app: ASGIApp, keys: Sequence[str], metrics: Metrics) -> None:
        self._app, self._keys, self._metrics = app, tuple(key.encode() for key in keys), metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if self._asks(scope) and not self._knows(Headers(scope=scope).get("authorization", "")):
            self._metrics.failed("invalid_api_key")
            message = "no or a wrong API key; send 'Authorization: Bearer KEY'"
            error = ApiError(401, message, code="invalid_api_key", headers={"WWW-Authenticate": "Bearer"})
            await error_response(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _asks(self, scope: Scope) -> bool:
        return bool(self._keys) and scope["type"] == "http" and not scope["path"].startswith(_OPEN)

    def _knows(self, authorization: str) -> bool:
        scheme, _, key = authorization.partition(" ")
        given = key.strip().encode("latin-1")
        # Every key is compared, in constant time: how long it takes tells nothing.
        matches = [hmac.compare_digest(given, known) for known in self._keys]
        return scheme.casefold() == "bearer" and any(matches)
