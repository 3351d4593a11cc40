"""One set of rows from many sources: nothing twice, nothing on both sides, nothing that is measured on."""

import gzip
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import Settings
from finetune.data import DataOptions, make
from finetune.errors import BadRows, LeakedRows
from finetune.mixture import allot, balanced, counts_of, split, unique
from finetune.rows import Row, RowMessage, read_rows, write_rows

_EXCERPTS = Path(__file__).with_name("excerpts")


def _row(number: int, tool: str = "search", dialogue: str = "", said: str = "", source: str = "films") -> Row:
    return Row(
        id=f"{source}/{number}",
        call="reply" if tool == "reply" else "plan",
        source=source,
        dialogue=dialogue or f"{source}/{number}",
        language="en",
        tool=tool,
        messages=(
            RowMessage(role="system", content="Tool calls"),
            RowMessage(role="user", content=f"message: {said or f'the film number {number} please'}"),
        ),
        completion="[]",
    )


def _words(text: str) -> int:
    return len(text.split())


def _folders(tmp_path: Path) -> tuple[Path, Path]:
    """The excerpts under the names of the whole sets."""
    redial, sgd = tmp_path / "redial", tmp_path / "sgd"
    redial.mkdir()
    sgd.mkdir()
    for source, target in (
        ("redial_items.jsonl", redial / "items.jsonl.gz"),
        ("redial_dialogues.jsonl", redial / "train_dialogues.jsonl.gz"),
        ("sgd_dialogues.jsonl", sgd / "train_rec_domains.jsonl.gz"),
    ):
        target.write_bytes(gzip.compress((_EXCERPTS / source).read_bytes()))
    shutil.copy(_EXCERPTS / "sgd_schema.json", sgd / "train_schema.json")
    return redial, sgd


def test_every_text_is_kept_once_and_the_first_of_its_kind() -> None:
    rows = [_row(1, said="a comedy"), _row(2, said="a western"), _row(3, said="a comedy")]
    assert [row.id for row in unique(rows)] == ["films/1", "films/2"]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=80), st.integers(0, 5))
def test_a_dialogue_and_a_long_message_are_on_one_side_only(dialogues: list[int], seed: int) -> None:
    rows = [_row(n, dialogue=f"d{d}", said=f"show me film {n % 7} now") for n, d in enumerate(dialogues)]
    parts = split(rows, 0.3, seed)
    assert not {row.dialogue for row in parts.train} & {row.dialogue for row in parts.eval}
    assert not {row.messages[-1] for row in parts.train} & {row.messages[-1] for row in parts.eval}


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 500), min_size=1), st.integers(0, 2000))
def test_shares_fill_the_total_and_no_row_is_seen_more_than_twice(counts: dict[str, int], total: int) -> None:
    shares = allot(counts, total)
    assert sum(shares.values()) == min(total, 2 * sum(counts.values()))
    assert all(0 <= shares[name] <= 2 * count for name, count in counts.items())


def test_common_tools_are_cut_and_rare_ones_repeat() -> None:
    rows = [_row(n) for n in range(400)] + [_row(n, "compare", source="shop") for n in range(9)]
    kept = balanced(rows, 100, seed=1)
    tools = Counter(row.tool for row in kept)
    assert tools["search"] + tools["compare"] == 100
    assert 9 < tools["compare"] <= 18
    assert len({row.id for row in kept}) == 100
    assert kept == balanced(rows, 100, seed=1)
    assert kept != balanced(rows, 100, seed=2)


def test_replies_keep_their_share_beside_plans() -> None:
    rows = [_row(n) for n in range(300)] + [_row(n, "reply") for n in range(300, 600)]
    assert Counter(row.call for row in balanced(rows, 200, seed=1)) == {"plan": 140, "reply": 60}


def test_real_dialogues_become_two_files_and_a_manifest_the_same_for_a_seed(tmp_path: Path) -> None:
    redial, sgd = _folders(tmp_path)
    options = DataOptions(out=tmp_path / "one", redial=redial, sgd=sgd, seed=3)
    manifest = make(options, Settings(), _words)
    train, aside = read_rows(tmp_path / "one" / "train.jsonl"), read_rows(tmp_path / "one" / "val.jsonl")
    assert {row.source for row in train} == {"redial", "sgd"}
    assert (len(train), len(aside)) == (manifest.train, manifest.val)
    assert not {row.dialogue for row in train} & {row.dialogue for row in aside}
    told = {(s, t, lang): n for s, t, lang, n, _ in manifest.counts if n}
    assert told == dict(counts_of(train))
    assert set(manifest.inputs) >= {"items.jsonl.gz", "train_schema.json"}
    assert manifest.tokens["prompt"].p50 > manifest.tokens["completion"].p50 > 0
    again = make(options.model_copy(update={"out": tmp_path / "two"}), Settings(), _words)
    assert again == manifest
    assert (tmp_path / "two" / "train.jsonl").read_bytes() == (tmp_path / "one" / "train.jsonl").read_bytes()


def test_a_dialogue_that_is_measured_on_is_refused(tmp_path: Path) -> None:
    redial, _ = _folders(tmp_path)
    held = tmp_path / "measured.jsonl"
    held.write_text((_EXCERPTS / "redial_dialogues.jsonl").read_text("utf-8").splitlines()[2] + "\n", "utf-8")
    options = DataOptions(out=tmp_path / "rows", redial=redial, held_out=(held,))
    with pytest.raises(LeakedRows, match=r"train_dialogues\.jsonl\.gz:3.*measured\.jsonl"):
        make(options, Settings(), _words)
    assert not (tmp_path / "rows").exists()


@pytest.mark.parametrize("name", ["val_rows.jsonl", "sgd-dev.jsonl", "test.jsonl"])
def test_a_part_that_is_named_as_one_to_measure_on_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_rows(path, [_row(1)])
    with pytest.raises(LeakedRows, match="measured on"):
        make(DataOptions(out=tmp_path / "rows", add=(path,)), Settings(), _words)


def test_rows_that_were_made_before_are_added(tmp_path: Path) -> None:
    path = tmp_path / "more.jsonl"
    write_rows(path, [_row(n) for n in range(60)])
    manifest = make(DataOptions(out=tmp_path / "rows", add=(path,), rows=20), Settings(), _words)
    assert manifest.train == 20
    assert manifest.val >= 1


def test_no_source_and_a_broken_one_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadRows, match="--catalog"):
        make(DataOptions(out=tmp_path / "rows"), Settings(), _words)
    held = tmp_path / "measured.jsonl"
    held.write_text(json.dumps([1]) + "\n", encoding="utf-8")
    with pytest.raises(BadRows, match=r"measured\.jsonl:1"):
        make(DataOptions(out=tmp_path / "rows", held_out=(held,)), Settings(), _words)
