"""What people run into when they tune: every failure is one line that says what to do, and nothing is lost."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file

from agent.adapters import CARD, check_adapter, read_card
from agent.config import ROOT
from finetune.checkpoints import newest_good
from finetune.options import options_of
from finetune.rows import write_rows
from finetune.sft import Job, Trained, train
from tests.cli_runs import one_line
from tests.tiny_llm import plan_rows, tiny_base
from ui.cli import main

STEPS = 40
SETTINGS = {"rank": 16, "max_steps": STEPS, "lr": 0.01, "threads": 1, "reports": "", "save_minutes": 0}
WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    write_rows(file, plan_rows(30))
    return file


@pytest.fixture(scope="module")
def undisturbed(base: str, rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A run that nothing happens to."""
    options = options_of("smoke", [f"{name}={value}" for name, value in (SETTINGS | {"base": base}).items()])
    return train(Job(rows, tmp_path_factory.mktemp("undisturbed") / "run"), options)


@pytest.fixture
def adapter(undisturbed: Trained, tmp_path: Path) -> Path:
    """A good one, to be broken."""
    return shutil.copytree(undisturbed.adapter, tmp_path / "adapter")


def command(rows: Path, out: Path, base: str, *more: str) -> list[str]:
    settings = [part for name, value in (SETTINGS | {"base": base}).items() for part in ("--set", f"{name}={value}")]
    return ["finetune", "train", str(rows), "--out", str(out), "--preset", "smoke", *settings, *more]


def failing(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The line of a command that fails; bars and logs before it are left out."""
    assert main(arguments) == 1
    return one_line(capsys.readouterr().err.splitlines(keepends=True)[-1])


def test_a_run_tells_nobody_of_itself(undisturbed: Trained) -> None:
    assert undisturbed.figures.steps == STEPS
    assert not [thread.name for thread in threading.enumerate() if "telemetry" in thread.name]


def short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def scrambled(path: Path) -> None:
    path.write_bytes(bytes(byte ^ 0x5A for byte in path.read_bytes()))


@pytest.mark.parametrize(
    ("file", "harm", "told"),
    [
        (WEIGHTS, Path.unlink, "has no adapter_model.safetensors"),
        (WEIGHTS, short, "cannot be loaded"),
        (WEIGHTS, scrambled, "cannot be loaded"),
        (CONFIG, Path.unlink, "there is no adapter at"),
        (CONFIG, scrambled, "adapter_config.json' cannot be read"),
    ],
)
def test_training_does_not_go_on_from_a_broken_adapter(
    file: str,
    harm: Callable[[Path], None],
    told: str,
    adapter: Path,
    base: str,
    rows: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    harm(adapter / file)
    line = failing(capsys, *command(rows, tmp_path / "run", base, "--start", str(adapter)))
    assert told in line and str(adapter) in line
    assert not list((tmp_path / "run").rglob("checkpoint-*"))


def test_training_does_not_go_on_from_an_adapter_of_another_base(
    adapter: Path, base: str, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copytree(base, tmp_path / "other")
    line = failing(capsys, *command(rows, tmp_path / "run", str(other), "--start", str(adapter)))
    assert f"was tuned on {base!r} and not on {str(other)!r}" in line


@pytest.mark.parametrize("harm", [short, scrambled, Path.unlink])
def test_a_continuation_does_not_begin_with_a_broken_adapter(
    harm: Callable[[Path], None],
    adapter: Path,
    rows: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SOMMELIER_HOME", str(tmp_path / "home"))
    harm(adapter / WEIGHTS)
    given = ["finetune", "continue", "--from", str(adapter), "--new", str(rows), "--replay", str(rows)]
    line = failing(capsys, *given)
    assert "adapter_model.safetensors" in line and str(adapter) in line
    assert not (tmp_path / "home" / "adapters").exists()


_GOOD = plan_rows(1)[0].model_dump_json()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no rows"),
        ("\n\n", "holds no rows"),
        (f"{_GOOD}\n{_GOOD[:-9]}\n", "bad.jsonl:2: "),
        (f"{_GOOD}\n\n" + _GOOD.replace('"tool":"search"', '"tool":""') + "\n", "bad.jsonl:3: tool: "),
        (_GOOD.replace('"call":"plan"', '"call":"dance"'), "bad.jsonl:1: call: "),
        ("[]\n", "bad.jsonl:1: "),
    ],
)
def test_a_training_file_that_cannot_be_used_is_told_with_line_and_reason(
    text: str, told: str, base: str, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.jsonl").write_text(text, encoding="utf-8")
    line = failing(capsys, *command(tmp_path / "bad.jsonl", tmp_path / "run", base))
    assert told in line and "bad.jsonl" in line
    for part in ("--new", "--replay"):
        given = {"--new": str(rows), "--replay": str(rows)} | {part: str(tmp_path / "bad.jsonl")}
        pairs = [word for pair in given.items() for word in pair]
        assert told in failing(capsys, "finetune", "continue", "--from", "nothing", *pairs)


def started(arguments: list[str], limit: int | None = None) -> subprocess.Popen[str]:
    """The command in a process of its own; `limit`: bytes that a file of it may have."""

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-m", "ui.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limited,
    )


def newest(run: Path) -> int:
    """The step of the last checkpoint that has its name: it is whole, or the process died in it."""
    return max((int(path.name.split("-")[1]) for path in run.glob("checkpoints/checkpoint-*")), default=0)


def stopped(process: subprocess.Popen[str], run: Path, step: int, sign: signal.Signals) -> tuple[int, str]:
    """Send a signal when a checkpoint of that step is there; the exit code, and the last line on stderr."""
    until = time.monotonic() + 240
    while newest(run) < step and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(sign)
    err = process.communicate(timeout=240)[1]
    return process.returncode, err.splitlines()[-1] if err else ""


def test_a_run_that_is_killed_finds_the_disk_full_and_is_interrupted_ends_like_one_left_alone(
    base: str, rows: Path, undisturbed: Trained, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    again = command(rows, run, base)
    code, _ = stopped(started(again), run, 4, signal.SIGKILL)
    assert code == -signal.SIGKILL and 4 <= newest(run) < STEPS

    whole = newest_good(run / "checkpoints").newest
    assert whole is not None
    before = {path: path.read_bytes() for path in whole.iterdir()}
    full = started(again, limit=50_000)
    err = full.communicate(timeout=240)[1]
    assert full.returncode == 1, err
    assert "run the same command: it goes on from the last checkpoint" in err.splitlines()[-1]
    assert newest_good(run / "checkpoints").newest == whole
    assert {path: path.read_bytes() for path in whole.iterdir()} == before

    step = newest(run) + 3
    code, line = stopped(started(again), run, step, signal.SIGINT)
    assert code == 1 and f"of {STEPS} and saved; run the same command to go on" in line
    assert step <= newest(run) < STEPS

    assert main(again) == 0
    check_adapter(run / "adapter")
    assert read_card(run / "adapter").figures["steps"] == STEPS
    ours, theirs = load_file(run / "adapter" / WEIGHTS), load_file(undisturbed.adapter / WEIGHTS)
    assert ours.keys() == theirs.keys() and all(bool((ours[name] == theirs[name]).all()) for name in ours)


def test_a_checkpoint_that_was_damaged_is_passed_over_for_the_one_before(
    base: str, rows: Path, undisturbed: Trained, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run = shutil.copytree(undisturbed.adapter.parent, tmp_path / "run")
    shutil.rmtree(run / "adapter")
    scrambled(run / "checkpoints" / f"checkpoint-{STEPS}" / WEIGHTS)
    assert main(command(rows, run, base)) == 0
    assert f"checkpoint-{STEPS} cannot be read" in caplog.text
    assert read_card(run / "adapter").files[WEIGHTS] == read_card(undisturbed.adapter).files[WEIGHTS]


def test_when_no_checkpoint_can_be_read_nothing_is_thrown_away(
    base: str, rows: Path, undisturbed: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(undisturbed.adapter.parent, tmp_path / "run")
    shutil.rmtree(run / "adapter")
    there = list(run.glob("checkpoints/checkpoint-*"))
    for folder in there:
        short(folder / WEIGHTS)
    line = failing(capsys, *command(rows, run, base))
    assert "cannot be read" in line and "delete the folder to start anew" in line
    assert list(run.glob("checkpoints/checkpoint-*")) == there


def test_a_run_does_not_go_on_with_other_rows(
    base: str, undisturbed: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(tmp_path / "other.jsonl", plan_rows(12))
    line = failing(capsys, *command(tmp_path / "other.jsonl", undisturbed.adapter.parent, base))
    assert "holds a run whose rows is" in line and "give another --out" in line
    assert (undisturbed.adapter / CARD).is_file()
