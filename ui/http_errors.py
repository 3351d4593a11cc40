"""Failures of the API in OpenAI's form, {"error": {message, type, param, code}}, and where each status comes from."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from agent.errors import AgentError
from agent.types import Failed
from retrieval.errors import RetrievalError
from ui.json_values import Json
from ui.metrics import Metrics

log = logging.getLogger(__name__)

_TYPES = {401: "authentication_error", 429: "rate_limit_error"}
_STATUS_OF_CODE = {
    "bad_request": 400,
    "unknown_preference": 404,
    "store_error": 503,
    "model_down": 503,
    "retrieval_error": 503,
}
_CODES = {
    400: "bad_request",
    401: "invalid_api_key",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
_WITH_BODY = ("POST", "PATCH", "PUT")
_STEPS = {404: "see /v1/openapi.json for what there is", 405: "see the Allow header for what it takes"}


class ApiError(Exception):
    """A request that is refused, with its HTTP status; `param` names the field at fault, `code` is for programs."""

    def __init__(
        self,
        status: int,
        message: str,
        param: str | None = None,
        code: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.headers = status, message, param, headers
        self.code = code or _CODES.get(status, "error")


class TurnFailed(ApiError):
    """A turn that failed; it is counted where turns are."""


def failure(failed: Failed) -> TurnFailed:
    """A failed turn as an API error."""
    return TurnFailed(_STATUS_OF_CODE.get(failed.code, 500), failed.message, code=failed.code)


def _broken(code: str, error: Exception) -> ApiError:
    return ApiError(_STATUS_OF_CODE.get(code, 500), str(error), code=code)


def error_view(error: ApiError) -> Json:
    """The body of an error."""
    kind = _TYPES.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    return {"error": {"message": error.message, "type": kind, "param": error.param, "code": error.code}}


def error_response(error: ApiError) -> JSONResponse:
    """An error as a response."""
    return JSONResponse(error_view(error), error.status, dict(error.headers or {}))


def crash() -> ApiError:
    """What a person may know of a bug; the log has the rest."""
    message = "something broke on the server; its log says what"
    # The server drops the connection after a bug; the header keeps clients from using it again.
    return ApiError(500, message, code="internal_error", headers={"Connection": "close"})


def answer_errors(app: FastAPI, metrics: Metrics) -> None:
    """Make an application answer every failure in OpenAI's form, and count it."""

    async def answered(request: Request, error: Exception) -> JSONResponse:
        told = _told(error, request)
        if not isinstance(told, TurnFailed):
            metrics.failed(told.code)
        return error_response(told)

    for kind in (ApiError, AgentError, RetrievalError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answered)


def _told(error: Exception, request: Request) -> ApiError:
    match error:
        case ApiError():
            return error
        case AgentError():
            return _broken(error.code, error)
        case RetrievalError():
            return _broken("retrieval_error", error)
        case RequestValidationError():
            return _foreign_body(request) or invalid_request(error)
        case HTTPException():
            return _by_status(error, request)
        case _:
            return crash()


def _by_status(error: HTTPException, request: Request) -> ApiError:
    if error.status_code == 400 and (foreign := _foreign_body(request)):
        return foreign
    step = _STEPS.get(error.status_code)
    reason = HTTPStatus(error.status_code).phrase.lower()
    message = f"{request.method} {request.url.path}: {reason}; {step}" if step else error.detail
    return ApiError(error.status_code, message, headers=error.headers)


def _foreign_body(request: Request) -> ApiError | None:
    """A body that is not sent as plain JSON is refused for that, whatever else is wrong with it."""
    if request.method not in _WITH_BODY:
        return None
    encoding = request.headers.get("content-encoding", "identity")
    if encoding != "identity":
        return ApiError(415, f"content encoding {encoding[:40]!r} is not read; send the body as it is")
    kind = request.headers.get("content-type", "")
    bare = kind.partition(";")[0].strip().casefold()
    if bare.startswith("application/") and bare.endswith(("/json", "+json")):
        return None
    return ApiError(415, f"content type {kind[:80]!r} is not read; send 'Content-Type: application/json'")


def invalid_request(error: RequestValidationError) -> ApiError:
    """A request of the wrong form: 400 when it is no JSON, 422 when a field is at fault."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return ApiError(400, f"the body is no JSON ({first['ctx']['error']}); correct it", code="invalid_json")
    place, kind = _place(tuple(first["loc"])), str(first["type"])
    if not place and kind != "value_error":
        message = "the body is no JSON object; send one"
        return ApiError(422, message, code="invalid_type")
    got = "" if kind in ("missing", "value_error") else f", not {ascii(first.get('input'))[:80]}"
    reason = str(first["msg"]).removeprefix("Value error, ")
    return ApiError(422, f"{place or 'the body'}: {reason}{got}", place or None, kind)


def _place(loc: tuple[int | str, ...]) -> str:
    """Write ('body', 'messages', 0, 'role') as 'messages[0].role'."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc[1:]]
    return "".join(parts).lstrip(".")
