"""`chat` as a person has it: on a real terminal, and its slash commands in a pipe."""

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli_runs import borrowed_home, built_shop, run
from tests.terminal import Terminal, terminal

HIDDEN = "\x1b"


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


def chat(shop: Path, user: str, *lines: str) -> tuple[str, str, int]:
    """Pipe lines into a chat; what comes out, what is told on stderr, and the exit code."""
    done = run("chat", "--user", user, "--session", "s", "--catalog", shop, given="\n".join(lines).encode())
    assert "Traceback" not in done.stderr
    assert HIDDEN not in done.stdout
    return done.stdout, done.stderr, done.returncode


def on_terminal(shop: Path, user: str, columns: int = 100, **env: str) -> Iterator[Terminal]:
    """A chat on a terminal, past its first prompt."""
    arguments = ["-m", "ui.cli", "chat", "--user", user, "--catalog", str(shop)]
    with terminal(arguments, columns, **env) as screen:
        screen.ready()
        yield screen


def test_commands_speak_of_the_list_shown_last(shop: Path) -> None:
    out, err, code = chat(shop, "ann", "boots", "/like 1 2", "/seen 3", "/dislike 4", "/why 1", "/profile", "/like 9")
    first = re.findall(r"^\d\. \*\*(Walker \d+ boots)", out, flags=re.MULTILINE)
    profile = [line.split(maxsplit=2) for line in out.splitlines() if re.match(r"\s+p\d+ ", line)]
    assert [(sign, label.partition(" (")[0]) for _, sign, label in profile] == list(
        zip(("+", "+", "seen", "-"), first, strict=False)
    )
    assert "there is no item '9' in the list shown last; it has 1 to 5" in err
    assert code == 0


def test_more_shows_others_and_a_new_conversation_begins_afresh(shop: Path) -> None:
    out, err, _ = chat(shop, "bob", "boots", "/more", "/new", "/like 1", "/more")
    lists = re.findall(r"^\d\. \*\*(Walker \d+ \w+)", out, flags=re.MULTILINE)
    assert len(lists) > 5
    assert not set(lists[:5]) & set(lists[5:10])
    assert "no list has been shown yet" in err


def test_something_can_be_forgotten_by_id_by_name_or_altogether(shop: Path) -> None:
    liked = ("I like Walker 5 boots", "I like Walker 6 sandals", "I like Walker 7 hats")
    out, err, _ = chat(shop, "cem", *liked, "/forget p2", "/forget Walker 5 boots", "/profile")
    assert re.findall(r"^ +p\d +\+ +(Walker \d)", out, flags=re.MULTILINE)[-1:] == ["Walker 7"]
    out, err, _ = chat(shop, "cem", "/forget everything", "/profile", "/forget", "/undo")
    assert "I know nothing about your taste yet." in out
    assert "say what to forget" in err
    assert "Walker 7 hats" in out.splitlines()[-1]


def test_everything_kept_can_be_written_to_a_file_of_ones_own(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    out, err, _ = chat(shop, "dee", "I like Walker 5 boots", f"/export {file}", f"/export {file}", "/export")
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert kept["user"] == "dee"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "exists" in err
    assert json.loads(out[out.index("{") :])["user"] == "dee"


def test_settings_are_checked_and_the_trace_tells_the_calls(shop: Path) -> None:
    out, err, _ = chat(
        shop, "eve", "/trace", "/diversity 2", "/diversity x", "/diversity 0.9", "boots", "/trace", "/tr on"
    )
    assert "there has been no turn yet" in err
    assert "'2' is out of range" in err
    assert "'x' is no number" in err
    assert "diversity 0.9" in out
    assert re.search(r'^search\(\{"filters": .*\) \d+\.\d ms$', out, flags=re.MULTILINE)
    assert '"type": "found"' in out
    assert out.rstrip().endswith("trace on")


def test_another_catalogue_can_be_opened_and_a_wrong_one_is_told(shop: Path) -> None:
    out, err, _ = chat(shop, "fay", "/catalog", "/catalog nothing", f"/catalog {shop}", "/xyz", "/e", "/help")
    assert "this is A small shop" in out
    assert "there is no catalogue 'nothing'" in err
    assert "now A small shop: 60 products" in out
    assert "there is no command '/xyz'" in err
    assert "/diversity [X]\t" in out


def test_a_terminal_shows_the_list_as_a_table_and_the_reply_as_text(shop: Path) -> None:
    for screen in on_terminal(shop, "gus"):
        screen.say("blue boots")
        table = [line for line in screen.lines if " · " in line]
        assert [line.split()[0] for line in table] == ["1", "2", "3"]
        assert all(re.search(r"^ +\d +Walker \d+ boots.* boots · blue · .*\d+%$", line) for line in table)
        assert len([line for line in screen.lines if re.match(r" \d Walker \d+ boots", line)]) == 3
        assert "*" not in "".join(screen.lines)
        assert b"\x1b[1m" in screen.raw
        compared = screen.say("compare the first two")
        assert "───" in compared
        liked = screen.say("/like 1") + screen.say("/profile")
        assert re.search(r"p1 +\+ +Walker \d+ boots", liked)
        screen.press("\x04")
        assert screen.end() == 0


def test_a_narrow_terminal_is_never_overrun(shop: Path) -> None:
    for screen in on_terminal(shop, "hal", columns=40):
        screen.say("blue boots")
        assert sum(bool(re.match(r"\d Walker \d+ boots", line)) for line in screen.lines) == 3
        assert not any(line.startswith("…") for line in screen.lines)
        screen.say("红色的靴子")
        assert any("红色的靴子" in line.replace(" ", "") for line in screen.lines)
        words = " ".join(" ".join(screen.lines).split())
        assert "**" not in words


def test_no_colour_where_none_is_wanted(shop: Path) -> None:
    for screen in on_terminal(shop, "ivo", NO_COLOR="1"):
        screen.say("blue boots")
        assert not re.search(rb"\x1b\[[0-9;]*3[0-7][0-9;]*m", screen.raw)


def test_what_was_typed_can_be_had_again_and_is_for_its_owner_only(shop: Path, home: Path) -> None:
    for screen in on_terminal(shop, "jan"):
        screen.say("green gloves please")
    (file,) = [f for f in (home / "history").iterdir() if "green gloves" in f.read_text(encoding="utf-8")]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    for screen in on_terminal(shop, "jan"):
        assert "green gloves please" in screen.say("\x1b[A")
    for screen in on_terminal(shop, "someone else"):
        screen.press("\x1b[A")
        assert not screen.until("green gloves", patience=1)


def test_commands_and_shown_titles_are_completed(shop: Path) -> None:
    for screen in on_terminal(shop, "kim"):
        shown = screen.say("blue boots")
        title = re.search(r"Walker \d+ boots", shown)
        assert title
        screen.press("tell me about " + title[0][:-3])
        screen.settle()
        screen.press("\t")
        assert f"about {title[0]}" in screen.say("")
        assert "know nothing" in screen.say("/prof\t")


def test_a_paste_of_several_lines_is_one_message(shop: Path) -> None:
    for screen in on_terminal(shop, "lea"):
        screen.say("\x1b[200~I like Walker 5 boots.\nI like Walker 6 sandals.\x1b[201~")
        profile = screen.say("/profile")
        assert "Walker 5 boots" in profile
        assert "Walker 6 sandals" in profile


def test_ctrl_c_stops_a_turn_and_the_chat_goes_on(tmp_path: Path) -> None:
    with terminal(["-m", "tests.paced_chat", str(tmp_path)], SOMMELIER_HOME=str(tmp_path)) as screen:
        screen.ready()
        screen.press("hello\r")
        assert screen.until("word")
        screen.interrupt()
        assert "stopped; nothing of this turn is kept" in screen.ready()
        assert "went away" in screen.say("break")
        assert "know nothing" in screen.say("/profile")
        screen.press("typed, then dropped\x03")
        assert "leaves" not in screen.ready()
        screen.press("\x03")
        assert "leaves" in screen.ready()
        screen.press("\x03")
        assert screen.end() == 0
    assert "Traceback" not in screen.text
