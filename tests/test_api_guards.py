"""Who may use the API, how many at once, and what becomes of a turn when something or somebody goes away."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import openai
import pytest
from openai import OpenAI

from agent import Assistant
from retrieval.index import Index
from tests.fakes_channel import WORDS, PacedModel
from tests.fakes_store import MemoryStore
from tests.servers import running
from tests.small_shop import shop_assistant, shop_index
from ui.http import api

MODEL = "sommelier-shop"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """A small shop."""
    return shop_index(tmp_path_factory.mktemp("guards"))


@pytest.fixture
def paced(index: Index, tmp_path: Path) -> tuple[PacedModel, Assistant]:
    """A model that waits, and an assistant that speaks through it."""
    model = PacedModel()
    return model, shop_assistant(index, tmp_path / "people.db", model)


@contextmanager
def served(assistant: Assistant, **options: object) -> Iterator[httpx.Client]:
    """A client of a server of its own."""
    with running(api({"shop": assistant}, **options)) as url, httpx.Client(base_url=url, timeout=30) as client:  # type: ignore[arg-type]
        yield client


def body(text: str, **fields: object) -> dict[str, object]:
    """A request."""
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **fields}


def ask(http: httpx.Client, text: str, **fields: object) -> httpx.Response:
    """Ask for a completion."""
    return http.post("/v1/chat/completions", json=body(text, **fields))


def counted(http: httpx.Client, outcome: str, times: int) -> bool:
    """Wait until so many turns have ended that way; False if they do not."""
    line = f'sommelier_turns_total{{catalog="shop",outcome="{outcome}",tier="paced"}} {times:.1f}'
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if line in httpx.get(http.base_url.join("/metrics")).text:
            return True
        time.sleep(0.02)
    return False


def test_a_key_is_asked_for_when_there_are_keys(index: Index, tmp_path: Path) -> None:
    with served(shop_assistant(index, tmp_path / "people.db"), keys=("one", "zwei-ü")) as http:
        wrong = [{}, {"Authorization": "Bearer two"}, {"Authorization": "Basic one"}, {"Authorization": "Bearer"}]
        for headers in wrong:
            response = http.post("/v1/chat/completions", content="x" * 10, headers=headers)
            assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_api_key")
            assert "one" not in response.text
        for key in (b"Bearer one", b"bearer one", "Bearer zwei-ü".encode()):
            assert http.get("/v1/models", headers={b"Authorization": key}).status_code == 200
        assert http.get("/v1/profiles/ann").status_code == 401
        assert http.get("/healthz").status_code == 200


def test_a_foreign_host_name_is_refused(index: Index, tmp_path: Path) -> None:
    with served(shop_assistant(index, tmp_path / "people.db"), hosts=("127.0.0.1", "::1", "shop.test")) as http:
        for name in ("evil.test", "127.0.0.1.evil.test", "", "[::2]:80"):
            response = http.get("/healthz", headers={"Host": name})
            assert (response.status_code, response.json()["error"]["code"]) == (400, "unknown_host")
        for name in ("127.0.0.1:7860", "SHOP.test", "[::1]:80", "[::1]"):
            assert http.get("/healthz", headers={"Host": name}).status_code == 200


def test_turns_of_different_users_run_at_the_same_time(paced: tuple[PacedModel, Assistant]) -> None:
    model, assistant = paced
    with served(assistant) as http:
        threads = [threading.Thread(target=ask, args=(http, "hi"), kwargs={"user": f"u{n}"}) for n in range(4)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 10
        while model.speaking < len(threads) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert model.speaking == len(threads)
        model.go_on.set()
        # The event wakes its waiters at the loop's next step: any request makes one.
        assert http.get("/healthz").status_code == 200
        for thread in threads:
            thread.join(10)


def test_too_many_turns_at_once_are_sent_away(paced: tuple[PacedModel, Assistant]) -> None:
    model, assistant = paced
    with served(assistant, at_once=1) as http:
        with http.stream("POST", "/v1/chat/completions", json=body("hi", stream=True)) as held:
            lines = held.iter_lines()
            next(lines)
            away = ask(http, "hi")
        assert (away.status_code, away.json()["error"]["code"]) == (429, "too_many_turns")
        assert away.headers["retry-after"] == "1"
        assert counted(http, "interrupted", 1)
        model.go_on.set()
        assert ask(http, "hi").status_code == 200


def test_a_client_that_leaves_a_stream_stops_the_turn(paced: tuple[PacedModel, Assistant]) -> None:
    model, assistant = paced
    with served(assistant) as http:
        with http.stream("POST", "/v1/chat/completions", json=body("hi", stream=True, user="ann")) as response:
            assert next(response.iter_lines()).startswith("data: ")
        assert counted(http, "interrupted", 1)
        assert model.speaking == 0
        assert http.get("/v1/profiles/ann", params={"full": True}).json()["export"]["turns"] == []


def test_a_client_that_leaves_before_the_answer_stops_the_turn(paced: tuple[PacedModel, Assistant]) -> None:
    model, assistant = paced
    with served(assistant) as http:
        with pytest.raises(httpx.ReadTimeout):
            http.post("/v1/chat/completions", json=body("hi"), timeout=0.5)
        assert counted(http, "interrupted", 1)
        assert model.speaking == 0


def test_a_failure_before_the_first_word_has_its_own_status(paced: tuple[PacedModel, Assistant]) -> None:
    _, assistant = paced
    with served(assistant) as http:
        for stream in (False, True):
            response = ask(http, "break the plan", stream=stream)
            error = response.json()["error"]
            assert (response.status_code, error["code"], error["type"]) == (503, "model_down", "server_error")


def test_a_failure_in_the_middle_of_a_stream_reaches_the_client(paced: tuple[PacedModel, Assistant]) -> None:
    _, assistant = paced
    with served(assistant) as http, OpenAI(base_url=f"{http.base_url}/v1", api_key="x", max_retries=0) as client:
        stream = client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "break"}], stream=True
        )
        with pytest.raises(openai.APIError, match="went away; start it"):
            list(stream)
        assert counted(http, "failed", 1)


@pytest.mark.parametrize("stream", [False, True])
def test_a_bug_is_told_without_its_traceback(paced: tuple[PacedModel, Assistant], stream: bool) -> None:
    _, assistant = paced
    with served(assistant) as http:
        response = ask(http, "crash", stream=stream)
        assert "something broke on the server" in response.text
        assert "ZeroDivision" not in response.text
        assert response.status_code == (200 if stream else 500)
        assert counted(http, "crashed", 1)


def test_a_database_that_breaks_makes_the_server_unready(index: Index) -> None:
    store = MemoryStore()
    with served(Assistant(index, PacedModel(), store, store)) as http:
        assert http.get("/readyz").status_code == 200
        store.broken = True
        assert http.get("/healthz").status_code == 200
        ready = http.get("/readyz")
        assert (ready.status_code, "switched off" in ready.json()["catalogs"]["shop"]) == (503, True)
        error = ask(http, "hi", metadata={"session_id": "s"}).json()["error"]
        assert (error["code"], "switched off" in error["message"]) == ("store_error", True)
        assert http.get("/v1/profiles/ann").status_code == 503


def test_the_words_of_a_stream_are_those_of_the_model(paced: tuple[PacedModel, Assistant]) -> None:
    model, assistant = paced
    model.go_on.set()
    with served(assistant) as http:
        assert ask(http, "hi").json()["choices"][0]["message"]["content"] == "word " * WORDS
