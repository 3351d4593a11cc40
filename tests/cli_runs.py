"""How the tests of the command run it: with a home of their own, in this process or in one of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.config import ROOT
from tests.small_shop import shop_source
from ui.cli import main


def borrowed_home(folder: Path) -> Path:
    """A home of its own but for the exported encoder, which takes a minute to make: it is shared with the project's."""
    encoders = ROOT / ".sommelier" / "encoders"
    encoders.mkdir(parents=True, exist_ok=True)
    (folder / "encoders").symlink_to(encoders)
    return folder


def built_shop(folder: Path, home: Path) -> Path:
    """An index of the small shop, built by the command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOMMELIER_HOME", str(home))
        assert main(["build", str(shop_source(folder)), "--out", str(folder / "index")]) == 0
    return folder / "index"


def run(*arguments: str | Path, given: bytes = b"", **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", *map(str, arguments)],
        input=given,
        capture_output=True,
        env={**os.environ, **env},
        cwd=ROOT,
        check=False,
        timeout=120,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def one_line(text: str) -> str:
    """An error on stderr: one line that names the program, without a traceback."""
    assert text.count("\n") == 1, text
    assert text.startswith("sommelier: ")
    return text
