"""`serve` and `chat`: commands that go on until they are told to stop."""

import os
import pty
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from agent.config import ROOT
from tests.cli_runs import borrowed_home, built_shop, one_line, run
from ui.cli import main


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


def test_a_port_in_use_is_told_before_anything_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port), "--catalog", "nothing to load"]) == 1
    assert f"port {port} on 127.0.0.1 is in use" in one_line(capsys.readouterr().err)


def served(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Start a server; yields it and what it says until it can be reached."""
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stderr is not None
        said: list[str] = []
        try:
            for line in process.stderr:
                said.append(line)
                if line.startswith("Sommelier is at "):
                    break
            yield process, said
        finally:
            process.kill()


def test_a_server_has_the_page_and_the_api_on_one_port_and_stops_when_told(shop: Path) -> None:
    for process, said in served("--catalog", str(shop)):
        (line,) = said
        url = line.split()[3]
        assert url.startswith("http://127.0.0.1:")
        page, ready = httpx.get(url, timeout=60), httpx.get(f"{url}/readyz", timeout=60)
        assert "A small shop" in page.text or "gradio" in page.text
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert ready.json() == {"status": "ok", "catalogs": {"shop": "ok"}}
        assert httpx.get(f"{url}/v1/nothing").json()["error"]["code"] == "not_found"
        assert httpx.get(f"{url}/v1/models", headers={"Host": "evil.test"}).status_code == 400
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_a_server_without_keys_warns_when_other_machines_can_reach_it() -> None:
    for _, said in served("--host", "0.0.0.0", "--catalog", "./nowhere"):
        assert said[0].startswith("WARNING: http://0.0.0.0:")
        assert "SOMMELIER_API_KEYS" in said[0]


def test_a_chat_goes_on_until_quit(shop: Path) -> None:
    lines = "\nI like Walker 5 boots\n/profile\n/undo\n/nonsense\n/quit\nnot read\n"
    done = run("chat", "--user", "cat", "--catalog", shop, given=lines.encode())
    assert done.returncode == 0, done.stderr
    assert "+  Walker 5 boots" in done.stdout
    assert done.stdout.rstrip().endswith("I know nothing about your taste yet.")
    assert "no command '/nonsense'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_chat_ends_with_its_input(shop: Path) -> None:
    done = run("chat", "--catalog", shop, given=b"hello")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    bad = run("chat", "--catalog", shop, given=b"caf\xe9\n")
    assert (bad.returncode, "not UTF-8" in bad.stderr) == (2, True)


@pytest.mark.parametrize("leave", [b"\x03", b"\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_a_chat_on_a_terminal_is_left_cleanly(shop: Path, leave: bytes) -> None:
    near, far = pty.openpty()
    command = [sys.executable, "-m", "ui.cli", "chat", "--catalog", str(shop)]
    with subprocess.Popen(command, stdin=far, stdout=far, stderr=far, cwd=ROOT, start_new_session=True) as process:
        os.close(far)
        seen = _until(near, b"you \xe2\x80\xba")
        os.write(near, b"blue boots\r")
        seen += _until(near, b"you \xe2\x80\xba")
        if leave == b"\x03":
            _interrupt(process)
        else:
            os.write(near, leave)
        seen += _until(near, b"nothing will be like this")
        assert process.wait(20) == 0
    os.close(near)
    assert b"Walker" in seen
    assert b"Traceback" not in seen


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Press Ctrl-C, again if need be: Python does not notice it between showing a prompt and reading the line."""
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(4)


def _until(terminal: int, mark: bytes) -> bytes:
    """Read a terminal until it shows something, closes, or is silent for long."""
    seen, deadline = b"", time.monotonic() + 60
    while mark not in seen and time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    return seen
