"""The benchmark of served models: what it counts of turns over a server and in this process."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.store_sqlite import SqliteStore
from bench.serving import Turn, Way, agent_way, measured, recorded, server_way, transformers_way
from retrieval.index import Index
from tests.browser import small_catalog
from tests.llm_server import FakeServer, calls, fails, says, serving
from tests.llm_turns import SEARCH, listing, settings
from tests.tiny_model import tiny_base


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Sixty films."""
    return small_catalog(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> SqliteStore:
    """An empty store."""
    return SqliteStore(tmp_path_factory.mktemp("people") / "people.db")


@pytest.fixture(scope="module")
def turns(index: Index, store: SqliteStore) -> list[Turn]:
    """What a model is asked in real turns."""
    return list(asyncio.run(recorded(index, store)))


@pytest.fixture
def server() -> FakeServer:
    """A server that plans and tells well."""
    return FakeServer([calls(SEARCH)], [says(listing)])


@pytest.fixture
def url(server: FakeServer) -> Iterator[str]:
    """Its address."""
    with serving(server) as url:
        yield url


def whole(way: Way, chats: int, turns: int = 1) -> dict[str, object]:
    """What is measured."""
    return asyncio.run(measured(way, chats, turns))


def test_turns_are_recorded_with_what_both_calls_read(turns: list[Turn]) -> None:
    assert len(turns) > 5
    assert all(turn.plan.text == turn.tell.text for turn in turns)
    assert any(turn.tell.cards for turn in turns)


def test_the_agent_over_a_server_is_counted_whole(index: Index, store: SqliteStore, url: str) -> None:
    told = whole(agent_way(index, settings(url), store), 4, 2)
    assert told["turns"] == told["all_by_the_model"] == 8
    assert isinstance(told["tokens_per_s"], float)
    assert told["tokens_per_s"] > 0


def test_the_calls_alone_are_counted_and_a_failure_is_not_the_models(
    index: Index, turns: list[Turn], server: FakeServer, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = whole(server_way(index, settings(url), turns), 2)
    assert (told["turns"], told["all_by_the_model"]) == (2, 2)
    server.plans = [fails(400)]
    assert whole(server_way(index, settings(url), turns), 2)["all_by_the_model"] == 0
    assert "status 400" in capsys.readouterr().out


def test_the_same_prompts_go_through_transformers(index: Index, turns: list[Turn], tmp_path: Path) -> None:
    told = whole(transformers_way(index, turns, str(tiny_base(tmp_path / "base")), None), 2)
    assert told["turns"] == 2
    first, turn = told["first_ms"], told["turn_ms"]
    assert isinstance(first, dict)
    assert isinstance(turn, dict)
    assert 0 < first["p50"] <= turn["p50"]
