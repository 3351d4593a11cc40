"""The product's own turns as examples: what served, without what went wrong and without whose it was."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from agent import Assistant
from agent.plan import Chat, Forget, React, Recommend, Remember, Search
from agent.plan_text import plan_from
from agent.store_sqlite import SqliteStore
from agent.types import Dialogue, Turn, TurnRequest
from finetune import logs
from finetune.errors import BadRows
from finetune.example import Example, row_of
from retrieval.index import Index
from tests.small_shop import shop_assistant, shop_index

_USER, _SESSION = "ann.smith@example.org", "session-4711"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return shop_index(tmp_path_factory.mktemp("logs"))


@pytest.fixture
def assistant(index: Index, tmp_path: Path) -> Assistant:
    return shop_assistant(index, tmp_path / "shop.db")


def _say(assistant: Assistant, *texts: str, session: str = _SESSION) -> None:
    for text in texts:
        assistant.ask(TurnRequest(text=text, user=_USER, session=session))


def _read(index: Index, tmp_path: Path) -> logs.Reading:
    return logs.read_examples(tmp_path / "shop.db", index.catalog)


def _by_text(reading: logs.Reading) -> dict[str, Example]:
    return {example.context.text: example for example in reading.examples}


def test_a_turn_that_served_is_an_example_in_its_state(index: Index, assistant: Assistant, tmp_path: Path) -> None:
    _say(assistant, "red boots", "under 40 €", "thanks")
    found = _by_text(_read(index, tmp_path))
    assert list(found) == ["red boots", "under 40 €", "thanks"]
    first, second = found["red boots"], found["under 40 €"]
    assert isinstance(first.actions[0], Search)
    assert first.context.shown == ()
    assert second.context.shown
    assert second.context.last is not None
    assert [m.text for m in second.context.messages][:1] == ["red boots"]
    assert found["thanks"].actions == (Chat(kind="thanks"),)


def test_rows_say_neither_who_nor_where(index: Index, assistant: Assistant, tmp_path: Path) -> None:
    _say(assistant, "red boots", "hello")
    _say(assistant, "blue hats", session="another")
    rows = [row_of(example, index.catalog) for example in _read(index, tmp_path).examples]
    assert [row.dialogue for row in rows] == ["logs/shop/1", "logs/shop/1", "logs/shop/2"]
    for row in rows:
        assert not any(word in row.model_dump_json() for word in (_USER, "ann", _SESSION, "another"))
        assert plan_from(row.completion, index.catalog)


def test_what_a_tuned_model_leaves_empty_is_left_empty(index: Index, assistant: Assistant, tmp_path: Path) -> None:
    _say(assistant, "I love red boots", "tell me more about the first one")
    for example in _read(index, tmp_path).examples:
        row = row_of(example, index.catalog)
        assert not any(f'"{name}":' in row.completion for name in ("words", "kind", "question"))
    assert any(isinstance(a, Remember) for e in _read(index, tmp_path).examples for a in e.actions)


def test_what_is_taken_back_at_once_is_left_out(index: Index, assistant: Assistant, tmp_path: Path) -> None:
    _say(assistant, "I hate red", "undo", "blue hats", "not interested in the first one", "green gloves")
    reading = _read(index, tmp_path)
    found = _by_text(reading)
    assert "I hate red" not in found
    assert "blue hats" not in found
    assert isinstance(found["undo"].actions[0], Forget)
    assert isinstance(found["not interested in the first one"].actions[0], React)
    assert "green gloves" in found
    assert reading.left_out["taken back at once"] == 2


def test_an_edit_by_hand_takes_the_turn_before_it_back(index: Index, assistant: Assistant, tmp_path: Path) -> None:
    _say(assistant, "I love red")
    asyncio.run(assistant.undo(_USER))
    _say(assistant, "blue hats")
    assert list(_by_text(_read(index, tmp_path))) == ["blue hats"]


def test_clicks_and_what_was_not_understood_are_left_out(index: Index, assistant: Assistant, tmp_path: Path) -> None:
    assistant.ask(TurnRequest(text="more", user=_USER, session=_SESSION, actions=(Recommend(),)))
    _say(assistant, "qwrtzp kdfgh", "red boots")
    reading = _read(index, tmp_path)
    assert "more" not in _by_text(reading)
    assert reading.left_out["clicked"] == 1


@pytest.mark.parametrize("kind", ["fell", "repaired"])
def test_a_plan_that_fell_or_was_mended_is_left_out(
    index: Index, assistant: Assistant, tmp_path: Path, kind: str
) -> None:
    _say(assistant, "red boots")
    with sqlite3.connect(tmp_path / "shop.db") as db:
        changed = db.execute(f"""UPDATE turns SET record = json_set(record, '$.notes', json('[["{kind}","x"]]'))""")
        assert changed.rowcount == 1
    assert _read(index, tmp_path).left_out == {"a rung fell or its plan was mended": 1}


def test_a_database_that_is_missing_or_no_log_is_named(index: Index, tmp_path: Path) -> None:
    with pytest.raises(BadRows, match="is not there"):
        _read(index, tmp_path)
    (tmp_path / "shop.db").write_bytes(b"not a database at all, but long enough to be looked at")
    with pytest.raises(BadRows, match=r"shop\.db.*not a database"):
        _read(index, tmp_path)


def test_a_record_of_another_shape_is_named(index: Index, assistant: Assistant, tmp_path: Path) -> None:
    snapshot = asyncio.run(assistant.snapshot(_USER, _SESSION))
    record: dict[str, object] = {"outcome": "ok", "text": 7, "plan": "none"}
    turn = Turn(snapshot.profile, Dialogue(_USER, _SESSION, turn=1), record, snapshot.version)
    asyncio.run(SqliteStore(tmp_path / "shop.db").commit(turn))
    with pytest.raises(BadRows, match=r"shop\.db:1: is no turn"):
        _read(index, tmp_path)
