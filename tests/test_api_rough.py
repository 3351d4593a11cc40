"""Requests as no client library sends them: the server answers each in its own form, and goes on serving."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers import running
from tests.small_shop import shop_assistant, shop_index
from ui.http import api

PATH = "/v1/chat/completions"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client that keeps one connection to a server on a small shop."""
    folder: Path = tmp_path_factory.mktemp("rough")
    app = api({"shop": shop_assistant(shop_index(folder), folder / "people.db")})
    limits = httpx.Limits(max_connections=1)
    with running(app) as url, httpx.Client(base_url=url, timeout=30, limits=limits) as client:
        yield client


@pytest.fixture(autouse=True)
def still_serving(http: httpx.Client) -> Iterator[None]:
    """After whatever was sent, the next request on the same connection is answered."""
    yield
    done = http.post(PATH, json=said("blue boots"))
    assert done.status_code == 200
    assert done.json()["recommendations"]


def said(text: object, **fields: object) -> dict[str, object]:
    """A request."""
    return {"model": "sommelier-shop", "messages": [{"role": "user", "content": text}], **fields}


def nested(depth: int) -> str:
    """A request with an unknown field that is this deep."""
    return json.dumps(said("hi"))[:-1] + ', "deep": ' + "[" * depth + "]" * depth + "}"


BODIES: list[tuple[str | bytes, int]] = [
    (nested(50), 200),
    (nested(900), 200),
    (nested(100_000), 400),
    ('{"a":' * 5_000, 400),
    ("", 422),
    ("null", 422),
    ("NaN", 422),
    ('"hi"', 422),
    (b"\x00", 400),
    (b"\xff\xfe{}", 400),
    (b"\x1f\x8b\x08\x00", 400),
    (json.dumps(said("a\x00b")), 200),
    (json.dumps(said("hi", user="a\x00b")), 400),
    (json.dumps(said("hi", metadata={"session_id": "\ud800"})), 422),
    (json.dumps(said("\ud800")), 422),
    (json.dumps(said("hi", extra={"\ud800": 1})), 422),
    (json.dumps(said([{"type": "text"}])), 200),
    (json.dumps(said([])), 200),
    (json.dumps(said([{"type": "image_url", "image_url": {"url": "x"}}])), 400),
    (json.dumps(said([{"type": "input_audio"}])), 400),
    (json.dumps(said({"text": "hi"})), 422),
    (json.dumps(said("hi", n=10**400)), 400),
    (json.dumps(said("hi", temperature=float("inf"))), 200),
    (json.dumps(said("hi", messages=[{"role": "user", "content": "hi"}] * 5_000)), 200),
    (json.dumps(said("\u202e\u200b\ufeff")), 200),
]


@pytest.mark.parametrize(("body", "status"), BODIES, ids=lambda value: ascii(value)[:40])
def test_a_strange_body_is_answered_or_refused(http: httpx.Client, body: str | bytes, status: int) -> None:
    response = http.post(PATH, content=body, headers=JSON)
    assert response.status_code == status, response.text[:300]
    if status != 200:
        assert response.json()["error"].keys() == {"message", "type", "param", "code"}
        assert len(response.text) < 1000


def test_a_body_may_come_in_chunks(http: httpx.Client) -> None:
    whole = json.dumps(said("blue boots")).encode()
    assert http.post(PATH, content=(whole[n : n + 7] for n in range(0, len(whole), 7)), headers=JSON).status_code == 200


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/JSON", "application/problem+json"])
def test_every_spelling_of_json_is_read(http: httpx.Client, kind: str) -> None:
    response = http.post(PATH, content=json.dumps(said("hi")), headers={"Content-Type": kind})
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_kind_of_body_is_refused_by_its_name(http: httpx.Client, kind: str) -> None:
    response = http.post(PATH, content=json.dumps(said("hi")), headers={"Content-Type": kind})
    assert (response.status_code, response.json()["error"]["code"]) == (415, "unsupported_media_type")
    assert repr(kind) in response.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/v1/models", "/openapi.json", "/v1/profiles/ann"])
def test_head_is_get_without_a_body(http: httpx.Client, path: str) -> None:
    head, got = http.head(path), http.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


def test_a_wrong_method_names_the_right_ones(http: httpx.Client) -> None:
    for method in ("HEAD", "OPTIONS", "DELETE"):
        response = http.request(method, PATH)
        assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "text/html", "*/*", "nonsense"])
def test_what_comes_depends_on_the_request_not_on_accept(http: httpx.Client, accept: str) -> None:
    headers = {"Accept": accept, "Accept-Encoding": "gzip, br"}
    whole = http.post(PATH, json=said("hi"), headers=headers)
    pieces = http.post(PATH, json=said("hi", stream=True), headers=headers)
    kinds = [r.headers["content-type"].partition(";")[0] for r in (whole, pieces)]
    assert kinds == ["application/json", "text/event-stream"]
