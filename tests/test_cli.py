"""The command: what it prints, where, and with which exit code, when things go well and when they do not."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from agent.config import ROOT
from tests.cli_runs import borrowed_home, built_shop, one_line, run
from ui.cli import main

COMMANDS = ("build", "items add", "items delete", "ask", "chat", "serve")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where profiles and encoders are."""
    return borrowed_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every command live there."""
    monkeypatch.setenv("SOMMELIER_HOME", str(home))
    monkeypatch.delenv("SOMMELIER_CATALOG", raising=False)
    monkeypatch.delenv("SOMMELIER_API_KEYS", raising=False)


@pytest.fixture(scope="module")
def shop(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built index."""
    return built_shop(tmp_path_factory.mktemp("built"), home)


@pytest.fixture
def source(shop: Path) -> Path:
    """The files it was built from."""
    return shop.parent / "shop"


@pytest.fixture
def copied(shop: Path, tmp_path: Path) -> Path:
    """An index to spoil."""
    return Path(shutil.copytree(shop, tmp_path / "copied"))


def test_help_is_there_for_every_command_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("", *COMMANDS):
        assert main([*command.split(), "--help"]) == 0
        said = capsys.readouterr().out
        assert f"Example: sommelier {command}" in " ".join(said.split())


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from ui.cli import main; main(['--help']); print([m for m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert not {"'chromadb'", "'gradio'", "'numpy'", "'fastapi'", "'pydantic_settings'"} & set(
        done.stdout.splitlines()[-1].strip("[]").split(", ")
    )


def test_a_build_ends_with_a_table_and_shows_its_steps_on_stderr(source: Path, tmp_path: Path) -> None:
    done = run("build", "--items", source / "items.csv", "--out", tmp_path / "index", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "A small shop" in rows["catalogue"]
    assert rows["items"].split()[-1] == "60"
    assert "kind (categorical, 100%)" in rows["facets"]
    assert "different values in 60 cells" in done.stdout
    assert "[columns] title" in done.stdout
    assert "embed" in done.stderr


def test_ask_prints_one_json_object(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "blue boots", "--json", "--catalog", str(shop), "--session", "s", "--user", "ann"]) == 0
    told = capsys.readouterr()
    done = json.loads(told.out)
    assert done.keys() == {
        *("reply", "recommendations", "profile", "plan", "tier", "timings_ms", "session", "turn"),
        *("citations", "trace", "notes", "language", "diversity"),
    }
    assert (done["session"], done["turn"], told.out.count("\n")) == ("s", 1, 1)
    card = done["recommendations"][0]
    assert card.keys() == {"item_id", "title", "score", "facets", "reasons", "image"}
    assert done["citations"][0]["item_id"] == card["item_id"]
    assert (done["trace"][0]["tool"], done["trace"][0]["observed"][0]["type"]) == ("search", "found")
    assert card["reasons"][0]["evidence"][0].keys() == {"kind", "ref", "detail", "weight"}
    assert told.err == ""


def test_ask_prints_the_bare_reply_into_a_pipe(shop: Path) -> None:
    done = run("ask", "-", "--catalog", shop, given="blue boots".encode("utf-8-sig"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Walker" in done.stdout
    assert "\x1b" not in done.stdout


def test_what_was_said_is_remembered_from_one_ask_to_the_next(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("I like Walker 5 boots", "hello"):
        assert main(["ask", text, "--json", "--catalog", str(shop), "--user", "bea"]) == 0
    done = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [p["values"] for p in done["profile"]] == [["p5"]]


def test_the_catalogue_may_come_from_the_environment(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOMMELIER_CATALOG", str(shop))
    assert main(["ask", "blue boots"]) == 0
    assert "Walker" in capsys.readouterr().out


def test_items_are_added_and_deleted(copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = tmp_path / "new.csv"
    new.write_text("item_id,title,kind,colour,price\nz1,Zephyr,boots,red,5\n", encoding="utf-8")
    assert main(["items", "add", str(new), "--catalog", str(copied)]) == 0
    assert main(["items", "delete", "p0", "p1", "--catalog", str(copied)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "1 products added or replaced; the catalogue has 61",
        "2 products deleted; the catalogue has 59",
    ]
    assert main(["items", "delete", "p0", "--catalog", str(copied)]) == 1
    assert "there is no item 'p0' to delete" in one_line(capsys.readouterr().err)


WRONG: list[tuple[list[str], int, str]] = [
    ([], 2, "Missing command"),
    (["brew"], 2, "No such command 'brew'"),
    (["ask"], 2, "Missing argument 'TEXT'"),
    (["ask", "hi", "--colour"], 2, "No such option: --colour"),
    (["ask", " \n"], 2, "the message is empty"),
    (["ask", "x" * 8001], 2, "8001 characters, the limit is 8000"),
    (["ask", "\udcff"], 2, "not UTF-8"),
    (["ask", "hi", "--catalog", "wines"], 1, "there is no catalogue 'wines'; bundled: movies, eshop, gifts, shop"),
    (["ask", "hi", "--catalog", "./nowhere"], 1, "sommelier build"),
    (["serve", "--port", "99999"], 2, "--port"),
    (["serve", "--host", "no.such.host.invalid"], 1, "no address 'no.such.host.invalid'"),
    (["build"], 2, "nothing to build from"),
    (["build", "./nowhere", "--out", "./x"], 1, "no folder 'nowhere'"),
    (["build", "./nowhere"], 1, "no folder 'nowhere'"),
    (["build", "a", "--items", "b", "--out", "c"], 2, "both 'a' and --items"),
    (["build", "--items", "./no.csv", "--out", "./x"], 1, "no file 'no.csv'"),
    (["items", "add", "./no.csv", "--catalog", "./nowhere"], 1, "there is no index at 'nowhere'"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    told = capsys.readouterr()
    assert (told.out, message in one_line(told.err)) == ("", True), told.err


@pytest.mark.parametrize(
    ("given", "message"),
    [(b"caf\xe9", "not UTF-8 (byte 0xe9 at 3)"), (b"", "empty"), (b"x" * (1 << 20), "more than 8000 characters")],
)
def test_standard_input_that_cannot_be_read_is_refused(given: bytes, message: str) -> None:
    done = run("ask", "-", given=given)
    assert (done.returncode, message in one_line(done.stderr)) == (2, True), done.stderr


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "hi", "--catalog", "wines", "--debug"]) == 1
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert told.splitlines()[-1].startswith("sommelier: there is no catalogue 'wines'")


def test_a_damaged_index_is_told(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (manifest,) = copied.glob("versions/*/manifest.json")
    manifest.write_text("{", encoding="utf-8")
    assert main(["ask", "hi", "--catalog", str(copied)]) == 1
    assert "is damaged" in one_line(capsys.readouterr().err)


def test_an_index_that_is_being_written_is_told(copied: Path, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with FileLock(copied / ".lock"):
        assert main(["items", "delete", "p1", "--catalog", str(copied)]) == 1
    assert "is being written by" in one_line(capsys.readouterr().err)


def test_a_damaged_database_is_told(
    shop: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "shop.db").write_bytes(b"no database" * 1000)
    (tmp_path / "encoders").symlink_to(home / "encoders")
    monkeypatch.setenv("SOMMELIER_HOME", str(tmp_path))
    assert main(["ask", "hi", "--user", "ann", "--catalog", str(shop)]) == 1
    assert "is not a database; move it away" in one_line(capsys.readouterr().err)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_told(shop: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ui.cli", "ask", "hi", "--catalog", str(shop)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=False,
        )
    assert (done.returncode, "no space left on device; free some space" in one_line(done.stderr)) == (1, True)


def test_a_setting_that_cannot_be_read_is_told_without_its_value(capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in (("SOMMELIER_API_KEYS", "s3cret"), ("SOMMELIER_API_KEYS", '{"k": "s3cret"}')):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(name, value)
            assert main(["serve"]) == 1
        told = one_line(capsys.readouterr().err)
        assert ("api_keys" in told.casefold(), "s3cret" in told) == (True, False)
