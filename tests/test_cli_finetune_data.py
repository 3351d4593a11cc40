"""`sommelier finetune data`: a stranger's catalogue alone is enough, and what cannot be is one line."""

from pathlib import Path

import pytest

from finetune.rows import read_rows
from tests.cli_runs import borrowed_home, built_shop, one_line
from ui.cli import main


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return borrowed_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    return built_shop(tmp_path_factory.mktemp("shop"), home)


def test_rows_are_made_for_a_catalogue_and_told(
    shop: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOMMELIER_HOME", str(home))
    given = ["--catalog", str(shop), "--generated", "40", "--replies", "4", "--rows", "60"]
    assert main(["finetune", "data", "--out", str(tmp_path / "rows"), *given]) == 0
    told = capsys.readouterr().out
    train, val = read_rows(tmp_path / "rows" / "train.jsonl"), read_rows(tmp_path / "rows" / "val.jsonl")
    assert {row.source for row in (*train, *val)} == {"shop"}
    assert {row.call for row in train} == {"plan", "reply"}
    assert {row.language for row in train} == {"en", "zh"}
    assert f"{len(train)} rows to train on, {len(val)} to watch it with" in told
    assert "prompt: " in told
    assert "tokens (p50)" in told
    assert (tmp_path / "rows" / "manifest.json").is_file()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "name a source"),
        (["--redial", "./nowhere"], "nowhere"),
        (["--catalog", "./nowhere"], "nowhere"),
        (["--logs", "./nowhere.db"], "nowhere"),
        (["--add", "./val.jsonl"], "measured on"),
    ],
)
def test_what_cannot_be_made_is_one_line(
    given: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOMMELIER_HOME", str(tmp_path / "home"))
    assert main(["finetune", "data", "--out", "rows", *given]) == 1
    assert says in one_line(capsys.readouterr().err)
