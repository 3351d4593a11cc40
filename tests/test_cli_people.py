"""`catalogs` and `profile`: what there is, and what is kept about a person."""

import json
from pathlib import Path

import pytest

from tests.cli_runs import borrowed_home, built_shop, one_line
from ui.cli import main
from ui.cli_input import history_file


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where profiles, histories and encoders are."""
    return borrowed_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every command live there."""
    monkeypatch.setenv("SOMMELIER_HOME", str(home))
    monkeypatch.delenv("SOMMELIER_CATALOG", raising=False)


@pytest.fixture(scope="module")
def shop(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built index."""
    return built_shop(tmp_path_factory.mktemp("built"), home)


def test_catalogues_are_listed_with_their_state(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalogs"]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert lines[0][:2] == ["movies", "Films"]
    assert {state for *_, state in lines} == {"not built"}
    assert main(["catalogs", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [list(row.values())[:2] for row in listed] == [line[:2] for line in lines]
    assert listed[0]["items"] is None


def test_a_profile_can_be_shown_exported_and_deleted(
    shop: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of_ann = ("--user", "ann", "--catalog", str(shop))
    assert main(["ask", "I like Walker 5 boots", *of_ann]) == 0
    capsys.readouterr()
    assert main(["profile", "show", *of_ann]) == 0
    assert capsys.readouterr().out.startswith("  p1    +  Walker 5 boots")
    assert main(["profile", "export", *of_ann]) == 0
    kept = json.loads(capsys.readouterr().out)
    assert (kept["user"], len(kept["turns"])) == ("ann", 1)

    typed = history_file(home, "ann")
    typed.parent.mkdir(exist_ok=True)
    typed.touch()
    assert main(["profile", "delete", *of_ann]) == 2
    assert "confirm with --yes" in one_line(capsys.readouterr().err)
    assert typed.exists()
    assert main(["profile", "delete", "--yes", *of_ann]) == 0
    assert capsys.readouterr().out == "deleted: 1 preferences, 1 turns of ann\n"
    assert not typed.exists()
    assert main(["profile", "show", *of_ann]) == 0
    assert capsys.readouterr().out == "I know nothing about your taste yet.\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["show"], 2, "'--user'"),
        (["show", "--user", ""], 2, "names nobody"),
        (["export", "--user", "ann", "--catalog", "./nowhere"], 1, "no index at './nowhere'"),
        (["delete", "--user", "ann", "--yes", "--catalog", "nothing"], 1, "no catalogue 'nothing'"),
    ],
)
def test_a_profile_that_cannot_be_read_is_told(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profile", *arguments]) == code
    assert message in one_line(capsys.readouterr().err)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--count", "0", "'--count': Input should be greater than or equal to 1"),
        ("--count", "many", "'--count': Input should be a valid integer"),
        ("--diversity", "1.5", "'--diversity': Input should be less than or equal to 1"),
    ],
)
def test_a_list_that_cannot_be_had_is_refused(
    option: str, value: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "boots", option, value]) == 2
    assert message in one_line(capsys.readouterr().err)


def test_a_list_has_as_many_items_as_wanted_in_the_language_wanted(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ("--count", "2", "--diversity", "0.9", "--language", "zh")
    assert main(["ask", "boots", "--json", "--catalog", str(shop), *wanted]) == 0
    done = json.loads(capsys.readouterr().out)
    assert (len(done["recommendations"]), done["language"]) == (2, "zh")
    assert main(["ask", "boots", "--catalog", str(shop), "--language", "xx"]) == 1
    assert "language 'xx' is not spoken here" in one_line(capsys.readouterr().err)
