"""The commands that list, choose and go back, as people type them."""

import json
from pathlib import Path

import pytest

from agent.adapters import AdapterCard
from finetune.figures import Change, Skill, figures_of
from finetune.registry import Registry
from finetune.rows import write_rows
from tests.cli_runs import borrowed_home, built_shop, one_line
from tests.tiny_llm import plan_rows
from ui.cli import main


def published(registry: Registry, scratch: Path, **told: object) -> None:
    scratch.mkdir(exist_ok=True)
    (scratch / "adapter_config.json").write_text("{}", encoding="utf-8")
    (scratch / "adapter_model.safetensors").write_text(str(told), encoding="utf-8")
    registry.publish(scratch, AdapterCard.model_validate({"name": "box", "base": "smollm2-135m", **told}))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With three versions of 'box': the second is current, the third was refused."""
    monkeypatch.setenv("SOMMELIER_HOME", str(tmp_path))
    registry = Registry(tmp_path / "adapters" / "box")
    worse = Change({"all": Skill(50, 0.1, 0.9, 1.0)}, {"all": Skill(50, 0.2, 0.4, 0.9)})
    published(registry, tmp_path / "new")
    published(registry, tmp_path / "new", parent="v0001")
    published(registry, tmp_path / "new", parent="v0002", refused="it forgot", figures=figures_of("old", worse))
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What a command prints; of a failure, its line."""
    assert main(["finetune", *arguments]) == code
    out = capsys.readouterr()
    return out.out if not code else one_line(out.err)


def test_versions_are_a_table_of_lineage_and_figures(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.split("\t") for line in told(capsys, "versions", "box").splitlines()]
    assert [(line[0], line[1], line[-1]) for line in lines] == [
        ("v0001", "", ""),
        ("v0002", "v0001", "current"),
        ("v0003", "v0002", "refused: it forgot"),
    ]
    assert lines[2][3:5] == ["0.400", "-0.500"]


def test_versions_are_json_with_everything_on_their_cards(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    views = json.loads(told(capsys, "versions", str(home / "adapters" / "box"), "--json"))
    assert [(v["version"], v["parent"], v["current"], v["refused"]) for v in views] == [
        ("v0001", "", False, ""),
        ("v0002", "v0001", True, ""),
        ("v0003", "v0002", False, "it forgot"),
    ]
    assert views[2]["figures"]["old.transfer"] == -0.5 and len(views[0]["files"]["adapter_config.json"]) == 64


def test_one_command_goes_back_and_one_goes_forward(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "rollback", "box").startswith("v0001 is current: ")
    assert "nothing to go back to" in told(capsys, "rollback", "box", code=1)
    assert told(capsys, "rollback", "box", "--to", "v0002").startswith("v0002 is current: ")
    assert "'v0007'" in told(capsys, "rollback", "box", "--to", "v0007", code=1)


def test_a_refused_version_must_be_wanted(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "'v0003' was refused (it forgot)" in told(capsys, "use", "box", "v0003", code=1)
    assert told(capsys, "use", "box", "v0003", "--anyway").startswith("v0003 is current: ")


def test_a_damaged_version_is_listed_and_not_used(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "adapters" / "box" / "v0001" / "adapter_model.safetensors").write_text("x", encoding="utf-8")
    assert "damaged: 'adapter_model.safetensors'" in told(capsys, "versions", "box").splitlines()[0]
    assert "'v0001' cannot be used" in told(capsys, "rollback", "box", code=1)


@pytest.mark.parametrize("command", [["versions"], ["rollback"]])
def test_a_name_that_is_nowhere_is_quoted(command: list[str], home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "adapters/nowhere'" in told(capsys, *command, "nowhere", code=1)


def test_a_continuation_learns_from_the_turns_that_were_kept(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = built_shop(home, borrowed_home(home))
    for said in ("green boots", "red hats", "I like the red ones"):
        assert main(["ask", said, "--user", "ann", "--catalog", str(index)]) == 0
    (database,) = (home / "people").glob("*.db")
    write_rows(home / "old.jsonl", plan_rows(9))
    given = ["--from", "nowhere", "--replay", str(home / "old.jsonl"), "--logs", str(database)]
    capsys.readouterr()
    assert main(["finetune", "continue", *given, "--logs-catalog", str(index)]) == 1
    learnt, failed = capsys.readouterr().err.splitlines()[-2:]
    assert f"{database}: 3 turns to learn from; left out: none" in learnt and "adapters/nowhere'" in failed
    assert "shop.db: is not there" in told(capsys, "continue", *given[:4], "--logs", str(home / "shop.db"), code=1)


def test_a_continuation_needs_something_new(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(home / "old.jsonl", plan_rows(9))
    line = told(capsys, "continue", "--from", "box", "--replay", str(home / "old.jsonl"), code=1)
    assert "nothing new to learn; name --new FILE or --logs DB" in line
