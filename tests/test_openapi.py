"""The description of the API is true: generated requests, fitting and not, are answered as it says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import httpx
import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.servers import running
from tests.small_shop import shop_assistant, shop_index
from ui.http import api

MODEL = "sommelier-shop"
EXAMPLES = 20
ROUTES = (
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{model}"),
    ("GET", "/v1/catalogs/{catalog}/pictures/{name}"),
    ("POST", "/v1/chat/completions"),
    ("GET", "/v1/profiles/{user}"),
    ("PATCH", "/v1/profiles/{user}"),
    ("DELETE", "/v1/profiles/{user}"),
    ("POST", "/v1/feedback"),
)
CAN_BE_WRONG = ROUTES[-5:]
"""Routes with parameters that not every text fits."""
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
    negative_data_rejection,
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on a small shop."""
    folder: Path = tmp_path_factory.mktemp("described")
    with running(api({"shop": shop_assistant(shop_index(folder), folder / "people.db")})) as url:
        yield url


@pytest.fixture(scope="module")
def described(url: str) -> BaseSchema:
    """Its description, as a generator of requests reads it."""
    return cast(BaseSchema, schemathesis.openapi.from_url(f"{url}/openapi.json"))


@pytest.mark.parametrize(
    ("method", "path", "fitting"), [(*route, True) for route in ROUTES] + [(*route, False) for route in CAN_BE_WRONG]
)
def test_generated_requests_are_answered_as_described(
    described: BaseSchema, method: str, path: str, fitting: bool
) -> None:
    modes = GenerationMode.POSITIVE if fitting else GenerationMode.NEGATIVE
    operation = described[path][method]

    @given(case=operation.as_strategy(generation_mode=modes))
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def answered(case: Case) -> None:
        case.call_and_validate(checks=list(CHECKS))

    answered()


@pytest.fixture(scope="module")
def document(url: str) -> dict[str, object]:
    """The description."""
    document: dict[str, object] = httpx.get(f"{url}/openapi.json").json()
    return document


def fits(value: object, name: str, document: dict[str, object]) -> None:
    """Hold a value against a schema of the description in which nothing undescribed is allowed."""
    sealed = json.loads(json.dumps(document), object_hook=_sealed)
    jsonschema.validate(value, {"$ref": f"#/components/schemas/{name}", **sealed})


def _sealed(schema: dict[str, object]) -> dict[str, object]:
    if "properties" in schema and "type" in schema:
        return {"additionalProperties": False, **schema}
    return schema


def ask(url: str, text: str, **fields: object) -> httpx.Response:
    """Ask for a completion."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": text}], **fields}
    return httpx.post(f"{url}/v1/chat/completions", json=body, timeout=60)


SAID = [
    "blue boots",
    "I like Walker 5 boots but no red hats under 20",
    "compare Walker 1 sandals and Walker 2 hats",
    "why the first one?",
    "why not Walker 3 scarves?",
    "is Walker 4 gloves blue?",
    "boots under 1",
    "something like Wolker 5 boots",
    "what do you know about me?",
    "forget everything",
    "undo",
    "the cheapest",
    "I have seen the first one",
    "蓝色的靴子",
    "can I talk to a human?",
    "",
]


@pytest.mark.parametrize("stream", [False, True])
def test_completions_hold_nothing_that_is_not_described(url: str, document: dict[str, object], stream: bool) -> None:
    kinds: set[str] = set()
    for text in SAID:
        metadata = {"session_id": f"s{stream}"}
        got = ask(
            url, text, metadata=metadata, stream=stream, stream_options={"include_usage": True} if stream else None
        )
        assert got.status_code == 200, got.text
        if not stream:
            done = got.json()
            fits(done, "ChatCompletion", document)
            kinds |= {observed["type"] for call in done["trace"] for observed in call["observed"]}
            continue
        *lines, last = [line for line in got.text.split("\n\n") if line]
        assert last == "data: [DONE]"
        for line in lines:
            fits(json.loads(line.removeprefix("data: ")), "ChatCompletionChunk", document)
    assert stream or {"found", "noted", "compared", "nothing", "answered", "dropped", "said"} <= kinds


def test_the_same_document_is_under_v1_and_covers_the_operations(url: str, document: dict[str, object]) -> None:
    assert httpx.get(f"{url}/v1/openapi.json").json() == document
    paths = document["paths"]
    assert isinstance(paths, dict)
    assert {(method.upper(), path) for path, routes in paths.items() for method in routes} == set(ROUTES)
    for path, routes in paths.items():
        for method, operation in routes.items():
            assert operation["summary"], (method, path)
            other = path == "/metrics" or "/pictures/" in path
            assert other or "schema" in operation["responses"]["200"]["content"]["application/json"]
    assert "HTTPValidationError" not in json.dumps(paths)
