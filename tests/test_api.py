"""The API over a real server: its errors, profiles, operations and guards."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers import running
from tests.small_shop import shop_assistant, shop_index
from ui.http import api

MODEL = "sommelier-shop"
BIG = 1 << 20
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shop and its database are."""
    return tmp_path_factory.mktemp("api")


@pytest.fixture(scope="module")
def http(folder: Path) -> Iterator[httpx.Client]:
    """A client of a server on a small shop."""
    app = api({"shop": shop_assistant(shop_index(folder), folder / "people.db")})
    with running(app) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def chat(http: httpx.Client, text: object = "blue boots", **fields: object) -> httpx.Response:
    """Ask for a completion."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": text}], **fields}
    return http.post("/v1/chat/completions", json=body)


def error_of(response: httpx.Response) -> dict[str, str | None]:
    """The error of a response, which is in OpenAI's form."""
    body = response.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"message", "type", "param", "code"}
    assert "Traceback" not in response.text
    error: dict[str, str | None] = body["error"]
    return error


REFUSED: list[tuple[dict[str, object], int, str | None]] = [
    ({"n": 2}, 400, "n"),
    ({"tools": [{"type": "function", "function": {"name": "f"}}]}, 400, "tools"),
    ({"functions": [{"name": "f"}]}, 400, "functions"),
    ({"logprobs": True}, 400, "logprobs"),
    ({"response_format": {"type": "json_object"}}, 400, "response_format"),
    ({"modalities": ["text", "audio"]}, 400, "modalities"),
    ({"messages": [{"role": "assistant", "content": "hi"}]}, 400, "messages"),
    ({"messages": [{"role": "tool", "content": "hi"}]}, 400, "messages[0].role"),
    ({"messages": [{"role": "user", "content": "x" * 8001}]}, 400, "messages[0].content"),
    ({"metadata": {"session_id": "x" * 129}}, 400, "metadata"),
    ({"metadata": {"session_id": "a\u0007"}}, 400, "metadata"),
    ({"user": "a\nb"}, 400, None),
    ({"messages": []}, 422, "messages"),
    ({"messages": "hi"}, 422, "messages"),
    ({"messages": [{"role": "king", "content": "hi"}]}, 422, "messages[0].role"),
    ({"model": None}, 422, "model"),
    ({"stream": "perhaps"}, 422, "stream"),
    ({"user": "x" * 201}, 422, "user"),
    ({"metadata": {"session_id": 7}}, 422, "metadata.session_id"),
    ({"model": "gpt-4o"}, 404, "model"),
    ({"model": "shop"}, 404, "model"),
]


@pytest.mark.parametrize(("fields", "status", "param"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_cannot_be_served_is_refused_by_name(
    http: httpx.Client, fields: dict[str, object], status: int, param: str | None
) -> None:
    response = chat(http, **fields)
    assert response.status_code == status, response.text
    assert error_of(response)["param"] == param


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        ("{", JSON, 400, "invalid_json"),
        ("[]", JSON, 422, "invalid_type"),
        ("{}", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        ("{}", {}, 415, "unsupported_media_type"),
        ("{}", {"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415, "unsupported_media_type"),
        ("[" * 200_000, JSON, 400, "bad_request"),
        ("", JSON, 422, "invalid_type"),
        (b"\xff\xfe", JSON, 400, "invalid_json"),
        ('{"model": "\\ud800", "messages": [{"role": "user", "content": "hi"}]}', JSON, 422, "value_error"),
    ],
)
def test_a_body_that_is_no_request_is_refused(
    http: httpx.Client, body: str | bytes, headers: dict[str, str], status: int, code: str
) -> None:
    response = http.post("/v1/chat/completions", content=body, headers=headers)
    assert (response.status_code, error_of(response)["code"]) == (status, code)


def test_a_lone_surrogate_is_refused(http: httpx.Client) -> None:
    body = '{"model": "sommelier-shop", "messages": [{"role": "user", "content": "\\ud800"}]}'
    response = http.post("/v1/chat/completions", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    error_of(response)


def test_a_large_body_is_refused_whether_it_says_so_or_not(http: httpx.Client) -> None:
    body = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "x" * 2 * BIG}]}).encode()
    headers = {"Content-Type": "application/json"}
    told = http.post("/v1/chat/completions", content=body, headers=headers)
    pieces = (body[start : start + 65536] for start in range(0, len(body), 65536))
    untold = http.post("/v1/chat/completions", content=pieces, headers=headers)
    assert [(r.status_code, error_of(r)["code"]) for r in (told, untold)] == [(413, "too_large")] * 2


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/", 404),
        ("GET", "/v1/chat/completions", 405),
        ("PUT", "/v1/models", 405),
    ],
)
def test_unknown_routes_and_methods_have_errors_of_the_same_form(
    http: httpx.Client, method: str, path: str, status: int
) -> None:
    response = http.request(method, path)
    assert response.status_code == status
    error_of(response)


def test_an_empty_message_is_answered(http: httpx.Client) -> None:
    done = chat(http, "").json()
    assert done["choices"][0]["message"]["content"]
    assert done["recommendations"] == []


def test_evidence_and_plan_come_with_the_items(http: httpx.Client) -> None:
    done = chat(http).json()
    card = done["recommendations"][0]
    assert {"item_id", "title", "score", "facets", "reasons"} <= card.keys()
    assert 0 <= card["score"] <= 1
    assert isinstance(card["facets"]["price"], int)
    assert {"kind", "ref", "detail", "weight"} == card["reasons"][0]["evidence"][0].keys()
    assert all(call.keys() == {"tool", "arguments"} for call in done["plan"])
    assert done["tier"].startswith("rules; ")
    assert done["timings_ms"]["turn"] > 0


def test_a_session_without_a_user_is_a_person_of_its_own(http: httpx.Client) -> None:
    chat(http, "I like Walker 6 sandals", metadata={"session": "s7"})
    other = chat(http, "hello", metadata={"session": "s8"}).json()
    profile = http.get("/v1/profiles/session:s7").json()
    assert [p["label"].partition(" (")[0] for p in profile["active"]] == ["Walker 6 sandals"]
    assert other["profile"] == []


def test_a_profile_can_be_read_changed_and_erased(http: httpx.Client) -> None:
    path = "/v1/profiles/ann"
    assert http.get(path).json() == {"user": "ann", "active": [], "history": []}
    liked = http.post("/v1/feedback", json={"user": "ann", "session": "s", "item_id": "p1", "verdict": "like"}).json()
    (record,) = liked["profile"]
    assert (record["values"], record["polarity"]) == (["p1"], 1)

    edited = http.patch(path, json={"edit": {"id": record["id"], "polarity": -1}}).json()
    assert [p["polarity"] for p in edited["active"]] == [-1]
    assert [p["ended"] for p in edited["history"]] == ["superseded"]
    undone = http.patch(path, json={"undo": True}).json()
    assert [p["polarity"] for p in undone["active"]] == [1]
    gone = http.patch(path, json={"forget": [record["id"]]}).json()
    assert gone["active"] == []

    remembered = http.patch(path, json={"remember": {"dislikes": ["colour: red"]}}).json()
    assert [(p["facet"], p["values"], p["polarity"]) for p in remembered["active"]] == [("colour", ["red"], -1)]
    export = http.get(path, params={"full": True}).json()["export"]
    assert (export["user"], len(export["turns"])) == ("ann", 5)
    assert http.delete(path).json() == {"user": "ann", "erased": {"turns": 5, "preferences": 3}}
    assert http.get(path).json()["active"] == []


def test_a_user_may_have_any_name(http: httpx.Client) -> None:
    name = "a/b c?ü"
    path = "/v1/profiles/" + "a%2Fb%20c%3F%C3%BC"
    http.post("/v1/feedback", json={"user": name, "item_id": "p1", "verdict": "seen"})
    profile = http.get(path).json()
    assert (profile["user"], [p["seen"] for p in profile["active"]]) == (name, [True])


WRONG_CHANGES: list[tuple[dict[str, object], int, str]] = [
    ({}, 422, "exactly one"),
    ({"undo": True, "forget": ["p1"]}, 422, "exactly one"),
    ({"undo": False}, 422, "undo"),
    ({"forget": []}, 422, "forget"),
    ({"forget": ["p99"]}, 404, "no preference 'p99'"),
    ({"edit": {"id": "p99", "hard": True}}, 404, "no active preference 'p99'"),
    ({"edit": {"id": "p1", "polarity": 5}}, 422, "edit.polarity"),
    ({"remember": {"loves": ["x"]}}, 422, "remember.loves"),
    ({"remember": {"likes": ["id:p999"]}}, 400, "'p999' is not in the catalogue"),
    ({"explode": 1}, 422, "explode"),
]


@pytest.mark.parametrize(("change", "status", "message"), WRONG_CHANGES, ids=str)
def test_a_wrong_change_of_a_profile_changes_nothing(
    http: httpx.Client, change: dict[str, object], status: int, message: str
) -> None:
    response = http.patch("/v1/profiles/careful", json=change)
    assert (response.status_code, message in str(error_of(response)["message"])) == (status, True), response.text
    assert http.get("/v1/profiles/careful", params={"full": True}).json()["export"]["turns"] == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"item_id": "p999"}, 400), ({"verdict": "adore"}, 422), ({"user": ""}, 400), ({"model": "gpt"}, 404)],
)
def test_wrong_feedback_is_refused(http: httpx.Client, fields: dict[str, str], status: int) -> None:
    response = http.post("/v1/feedback", json={"user": "bob", "item_id": "p1", "verdict": "like", **fields})
    assert response.status_code == status
    error_of(response)


def test_operators_can_ask_how_it_goes(http: httpx.Client) -> None:
    chat(http)
    chat(http, n=2)
    assert http.get("/healthz").json() == {"status": "ok"}
    assert http.get("/readyz").json() == {"status": "ok", "catalogs": {"shop": "ok"}}
    lines = http.get("/metrics").text
    assert 'sommelier_turns_total{catalog="shop",outcome="ok",tier="rules; ' in lines
    assert 'sommelier_stage_seconds_bucket{catalog="shop",le="0.1",stage="turn"}' in lines
    assert 'sommelier_failures_total{code="unsupported_parameter"}' in lines


def test_the_description_of_the_api_is_served_without_foreign_scripts(http: httpx.Client) -> None:
    assert "/v1/chat/completions" in http.get("/openapi.json").json()["paths"]
    assert http.get("/v1/docs").status_code == 404


def test_every_answer_has_security_headers(http: httpx.Client) -> None:
    for response in (http.get("/healthz"), chat(http), http.get("/v1/nothing")):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert "server" not in response.headers or "uvicorn" in response.headers["server"]
