"""The description of the API, for the whole server at one address: /openapi.json, and the same under /v1."""

from collections.abc import Mapping
from http import HTTPStatus
from importlib.metadata import version
from typing import TypeAlias

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ui.answer_types import ChatCompletionChunk, Error
from ui.json_values import Json

Responses: TypeAlias = dict[int | str, dict[str, object]]
_REFS = "#/components/schemas/{model}"
_ABOUT = """A conversational recommender, as OpenAI's chat completions.

Every failure has OpenAI's form. Parameters of OpenAI's that ask for something that is not there (tools, logprobs,
n > 1, images, audio, a response_format other than text) are refused by name with 400; those that only tune how a text
is drawn (temperature, top_p, seed, penalties, store, service_tier …) are accepted and ignored. HEAD works wherever GET
does.
"""
_CAUSES = {
    400: "The request cannot be served as it is; `param` names the field at fault where there is one.",
    401: "No API key, or a wrong one; only where the server asks for keys.",
    404: "There is no such model or preference.",
    413: "The body is larger than a mebibyte.",
    415: "The body is not plain JSON.",
    422: "A field is missing, of the wrong type or out of range; `param` names it.",
    429: "Too many turns run; Retry-After says when to try again.",
    500: "A bug; the server's log has it.",
    503: "Something the server stands on does not answer.",
}
_EXAMPLES = {
    400: ("'tools' is not supported; leave it out", "invalid_request_error", "tools", "unsupported_parameter"),
    401: ("no or a wrong API key; send 'Authorization: Bearer KEY'", "authentication_error", None, "invalid_api_key"),
    404: ("there is no model 'x'; there is sommelier-movies", "invalid_request_error", "model", "model_not_found"),
    422: ("messages: Field required", "invalid_request_error", "messages", "missing"),
    429: ("64 turns are running, as many as there may be", "rate_limit_error", None, "too_many_turns"),
}


def answers(model: object, *refusals: int) -> Responses:
    """The answers of a route: what it gives, and with which statuses it refuses."""
    return {200: {"model": model, "description": "Done."}, **{status: _refusal(status) for status in refusals}}


def streamed(responses: Responses) -> Responses:
    """Answers that also come as server-sent events."""
    about = (
        "With `stream`: server-sent events. Each `data:` line is a ChatCompletionChunk, or an Error if the turn fails "
        "after it began; the last one is `[DONE]`."
    )
    lines = {"schema": {"type": "string", "description": about}, "x-data-schema": {"$ref": _ref(ChatCompletionChunk)}}
    whole = {**responses[200], "description": "Done. " + about, "content": {"text/event-stream": lines}}
    return {**responses, 200: whole}


def description(app: FastAPI, v1: FastAPI) -> Json:
    """Describe the operations of both applications, the second's under /v1."""
    whole, part = (get_openapi(title="Sommelier", version=version("sommelier"), routes=a.routes) for a in (app, v1))
    paths = {**whole["paths"], **{f"/v1{path}": routes for path, routes in part["paths"].items()}}
    _, loose = models_json_schema(
        [(ChatCompletionChunk, "serialization"), (Error, "serialization")], ref_template=_REFS
    )
    schemas = {
        **whole.get("components", {}).get("schemas", {}),
        **part["components"]["schemas"],
        **loose["$defs"],
    }
    keys = {"type": "http", "scheme": "bearer", "description": "Where the server asks for keys (SOMMELIER_API_KEYS)."}
    for operation in (operation for routes in part["paths"].values() for operation in routes.values()):
        operation["security"] = [{}, {"key": []}] if "401" in operation["responses"] else []
    return {
        **whole,
        "info": {**whole["info"], "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": {"key": keys}},
    }


def _refusal(status: int) -> dict[str, object]:
    phrase = HTTPStatus(status).phrase
    content: Mapping[str, object] = {}
    if status in _EXAMPLES:
        message, kind, param, code = _EXAMPLES[status]
        error = {"message": message, "type": kind, "param": param, "code": code}
        content = {"content": {"application/json": {"example": {"error": error}}}}
    return {"model": Error, "description": f"{phrase}. {_CAUSES[status]}", **content}


def _ref(model: type[BaseModel]) -> str:
    return _REFS.format(model=model.__name__)
