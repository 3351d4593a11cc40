"""A new version from new rows: measured before and after, kept aside when it forgets, gone on with after a stop."""

import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from agent.adapters import CURRENT, AdapterCard, resolve_adapter
from agent.config import ROOT
from finetune.continual import Rows, Terms, checked, go_on, material_of
from finetune.errors import BadRows, DamagedVersion, Forgets, RegistryBusy
from finetune.figures import ALL, Change, change_of, table
from finetune.options import Options
from finetune.registry import Registry, Version
from finetune.rows import write_rows
from finetune.sft import Job, train
from tests.tiny_llm import Steps, odd_rows, plan_rows, tiny_base
from ui.cli import main

OPTIONS = Options(rank=16, alpha=32, epochs=12, lr=1e-2, warmup=0, window=512, threads=1, reports=(), save_minutes=9)
ROWS = Rows(new=tuple(odd_rows(60)), old=tuple(plan_rows(60)))
REPLAYED, ALONE = Terms(OPTIONS, replay_share=0.5), Terms(OPTIONS, replay_share=0)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter on a base that knows the films."""
    folder = tmp_path_factory.mktemp("first")
    write_rows(folder / "rows.jsonl", ROWS.old)
    options = OPTIONS.model_copy(
        update={"base": tiny_base(folder / "base", plan_rows(30), 60), "epochs": 1, "lr": 1e-3}
    )
    return train(Job(folder / "rows.jsonl", folder / "films"), options).adapter


def new_registry(folder: Path, first: Path) -> Registry:
    made = Registry(folder)
    made.adopt(first)
    return made


@pytest.fixture(scope="module")
def done(first: Path, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Two continuations of the same first version: without replay, then with it."""
    made = new_registry(tmp_path_factory.mktemp("done") / "films", first)
    go_on(made, made.version("v0001"), ROWS, ALONE)
    go_on(made, made.version("v0001"), ROWS, REPLAYED)
    return made


def card_of(version: Version) -> AdapterCard:
    assert version.card is not None
    return version.card


def old_of(version: Version) -> Change:
    change = change_of(card_of(version), "old")
    assert change is not None
    return change


def test_without_replay_the_old_skills_are_lost_and_the_version_is_kept_aside(done: Registry) -> None:
    refused = done.version("v0002")
    assert old_of(refused).transfer < -0.3
    with pytest.raises(Forgets, match="'v0002' is kept aside, 'v0001' goes on serving: exact plans of old skills fell"):
        checked(refused)
    assert not refused.current and (refused.folder / "adapter_model.safetensors").is_file()


def test_with_replay_the_old_skills_stay_and_the_version_serves(done: Registry) -> None:
    passed = done.version("v0003")
    assert checked(passed).current and resolve_adapter(done.folder) == passed.folder
    assert old_of(passed).transfer >= -0.02
    gained = change_of(card_of(passed), "new")
    assert gained is not None and gained.after[ALL].loss < gained.before[ALL].loss - 1


def test_a_version_tells_its_lineage_and_what_it_was_made_of(done: Registry) -> None:
    first, _, passed = map(card_of, done.versions())
    assert (passed.parent, passed.base, passed.seed, passed.name) == ("v0001", first.base, OPTIONS.seed, "films")
    assert 0.4 < passed.figures["replayed"] / passed.figures["learnt"] <= 0.5
    assert passed.data != first.data and passed.run and passed.prompts == first.prompts


def test_the_table_has_all_plans_and_each_tool_before_and_after(done: Registry) -> None:
    lines = list(table(card_of(done.version("v0003"))))
    assert [line[:2] for line in lines] == [
        *(("old", name) for name in (ALL, "chat", "remember", "search")),
        *(("new", name) for name in (ALL, "accept", "recommend", "search")),
    ]
    assert list(table(card_of(done.version("v0001")))) == []


def test_what_was_done_before_is_told_and_not_done_again(done: Registry) -> None:
    steps = Steps()
    again = go_on(done, done.version("v0001"), ROWS, ALONE, steps)
    assert (again.name, steps.seen, len(done.versions())) == ("v0002", [], 3)


def test_going_back_is_not_undone_by_the_same_command(done: Registry) -> None:
    done.rollback()
    assert go_on(done, done.version("v0001"), ROWS, REPLAYED).name == "v0003"
    assert done.current().name == "v0001"
    done.use("v0003")


def test_a_version_that_was_published_but_does_not_serve_yet_begins_to(done: Registry) -> None:
    """As if the process was killed between the two."""
    left = done.folder / ".runs" / card_of(done.version("v0003")).run
    left.mkdir()
    write_rows(left / "rows.jsonl", ROWS.new)
    (done.folder / CURRENT).write_text("v0001\n", encoding="utf-8")
    assert go_on(done, done.version("v0001"), ROWS, REPLAYED).current
    assert done.current().name == "v0003" and not left.exists()


_RUN = """
import pickle, sys
from finetune.continual import go_on
registry, rows, terms, steps = pickle.loads(sys.stdin.buffer.read())
go_on(registry, registry.current(), rows, terms, steps)
"""


def test_killed_after_training_it_goes_on_to_the_same_version(first: Path, done: Registry, tmp_path: Path) -> None:
    registry = new_registry(tmp_path / "films", first)
    given = pickle.dumps((registry, ROWS, REPLAYED, Steps("measure after")))
    process = subprocess.run([sys.executable, "-c", _RUN], input=given, cwd=ROOT, capture_output=True, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    assert registry.current().name == "v0001" and len(registry.versions()) == 1
    assert len(list(registry.folder.glob(".runs/*/training/adapter/adapter_model.safetensors"))) == 1
    steps = Steps()
    version = go_on(registry, registry.current(), ROWS, REPLAYED, steps)
    assert steps.seen == ["train", "measure after"]
    whole = card_of(done.version("v0003"))
    assert card_of(version).figures == whole.figures
    assert card_of(version).files["adapter_model.safetensors"] == whole.files["adapter_model.safetensors"]
    assert version.current and not [p for p in (registry.folder / ".runs").iterdir() if p.is_dir()]


def test_the_same_continuation_does_not_run_twice_at_once(done: Registry) -> None:
    lock = FileLock(done.folder / ".runs" / f"{card_of(done.version('v0003')).run}.lock")
    with lock, pytest.raises(RegistryBusy, match="wait until it is done"):
        go_on(done, done.version("v0001"), ROWS, REPLAYED)


def test_a_damaged_parent_is_not_trained_on(first: Path, tmp_path: Path) -> None:
    registry = new_registry(tmp_path / "films", first)
    (registry.folder / "v0001" / "sommelier.json").write_text("{", encoding="utf-8")
    with pytest.raises(DamagedVersion, match=r"'v0001' cannot be used: .*sommelier\.json"):
        go_on(registry, registry.versions()[0], ROWS, REPLAYED)


def test_rows_to_be_measured_on_are_not_learnt() -> None:
    material = material_of(ROWS, REPLAYED)
    learnt = {row.dialogue for row in material.learnt}
    assert not learnt & {row.dialogue for row in (*material.held_old, *material.held_new)}
    given = replace(ROWS, held_old=ROWS.old[:6], held_new=ROWS.new[:6])
    material = material_of(given, REPLAYED)
    assert (material.held_old, material.held_new) == (ROWS.old[:6], ROWS.new[:6])
    assert not {*ROWS.old[:6], *ROWS.new[:6]} & set(material.learnt)


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        (replace(ROWS, held_new=ROWS.new), "no new rows to learn from"),
        (replace(ROWS, new=ROWS.new[:1]), "no new rows"),
        (replace(ROWS, old=ROWS.old[:1]), "no old rows"),
    ],
)
def test_too_few_rows_are_refused_before_anything_is_trained(rows: Rows, missing: str) -> None:
    with pytest.raises(BadRows, match=missing):
        material_of(rows, REPLAYED)


def test_the_command_prints_what_changed_and_fails_for_a_version_that_forgets(
    first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOMMELIER_HOME", str(tmp_path))
    write_rows(tmp_path / "new.jsonl", ROWS.new)
    write_rows(tmp_path / "old.jsonl", ROWS.old)
    chosen = ["epochs=12", "lr=0.01", "warmup=0", "window=512", "threads=1", "reports="]
    given = [part for setting in chosen for part in ("--set", setting)]
    command = ["finetune", "continue", "--from", str(first), "--new", str(tmp_path / "new.jsonl")]
    command += ["--replay", str(tmp_path / "old.jsonl"), *given]
    assert main([*command, "--replay-share", "0"]) == 1
    out, err = capsys.readouterr()
    assert "backward transfer -" in out and "old\tremember\t" in out
    assert "'v0002' is kept aside, 'v0001' goes on serving: exact plans of old skills fell" in err.splitlines()[-1]
    assert main([*command, "--replay-share", "0.5"]) == 0
    assert "v0003 is current: " in capsys.readouterr().out
