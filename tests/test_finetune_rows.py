"""Files of training examples: what is written is read, and what cannot be used is named."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.errors import BadRows, FinetuneError
from finetune.rows import Row, RowMessage, read_rows, write_rows


def _row(said: str = "message: a comedy", completion: str = '[{"name":"recommend","parameters":{}}]') -> Row:
    return Row(
        id="a/1",
        call="plan",
        source="films",
        dialogue="a",
        language="en",
        tool="recommend",
        messages=(RowMessage(role="system", content="Tool calls"), RowMessage(role="user", content=said)),
        completion=completion,
    )


_words = st.text(min_size=1).filter(lambda text: bool(text.strip()) and text.isprintable())


@given(st.lists(st.tuples(_words, _words), min_size=1, max_size=5))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    rows = tuple(_row(said, completion) for said, completion in texts)
    assert write_rows(path, rows) == len(rows)
    assert read_rows(path) == rows


def test_a_line_that_is_no_json_is_named_with_its_file_and_number(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(_row().model_dump_json() + "\n{broken\n", encoding="utf-8")
    with pytest.raises(BadRows, match=r"rows\.jsonl:2: .*\{broken") as caught:
        read_rows(path)
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("completion", "", "completion"),
        ("call", "guess", "call.*guess"),
        ("messages", [], "messages"),
        ("surplus", 1, "surplus"),
    ],
)
def test_a_row_that_does_not_fit_says_which_field_and_what_it_held(
    tmp_path: Path, field: str, value: object, says: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({**_row().model_dump(mode="json"), field: value}) + "\n", encoding="utf-8")
    with pytest.raises(BadRows, match=says):
        read_rows(path)


def test_messages_that_do_not_end_with_the_user_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    data = _row().model_dump_json().replace('"role":"user"', '"role":"system"')
    path.write_text(data + "\n", encoding="utf-8")
    with pytest.raises(BadRows, match="end with the user"):
        read_rows(path)


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_an_error_that_says_how_to_make_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadRows, match="finetune data"):
        read_rows(path)


def test_a_missing_file_and_one_that_is_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="cannot be read"):
        read_rows(tmp_path / "nowhere.jsonl")
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FinetuneError, match="UTF-8"):
        read_rows(path)


def test_a_file_that_cannot_be_written_leaves_the_old_one_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_rows(path, [_row()])
    (tmp_path / "rows.jsonl.part").mkdir()
    with pytest.raises(BadRows, match="cannot be written"):
        write_rows(path, [_row(), _row()])
    assert len(read_rows(path)) == 1
