"""What can go wrong in a build leaves the old index as it was."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from retrieval.build import build
from retrieval.errors import CatalogError, IndexUnusable
from retrieval.ports import Matrix
from retrieval.source import find_source
from retrieval.versions import current_version
from tests.boot_shop import built, nearest, write_shop
from tests.fakes_retrieval import LetterEmbedder

ROOT = Path(__file__).resolve().parent.parent
BUILD = """
import sys
from pathlib import Path
from retrieval.build import build
from retrieval.progress import Quiet
from retrieval.source import find_source
from tests.fakes_retrieval import LetterEmbedder
source, out = map(Path, sys.argv[1:3])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small source."""
    return write_shop(tmp_path / "shop")


@pytest.fixture
def out(tmp_path: Path, folder: Path) -> Path:
    """A built index."""
    built(folder, tmp_path / "index")
    return tmp_path / "index"


def test_a_failed_build_leaves_the_old_index(out: Path, folder: Path) -> None:
    before = current_version(out)
    (folder / "items.jsonl").write_text("not json\n", encoding="utf-8")
    with pytest.raises(CatalogError):
        built(folder, out)
    assert (current_version(out), list((out / "versions").iterdir())) == (before, [before])
    assert nearest(out, "green felt hat") == "c"


DIE = """
import os, signal
class Dying(Quiet):
    def step(self, name, total=None):
        if name == sys.argv[3]:
            os.kill(os.getpid(), signal.SIGKILL)
build(find_source(source), out, home=out, embedder=LetterEmbedder(), progress=Dying())
"""


@pytest.mark.parametrize("step", ["embed", "store vectors", "swap"])
def test_a_killed_build_leaves_the_old_index_serving_and_the_next_clears_up(out: Path, folder: Path, step: str) -> None:
    before = current_version(out)
    killed = _run(BUILD + DIE, folder, out, step)
    assert killed.returncode == -signal.SIGKILL
    assert len(list((out / "versions").iterdir())) == 2
    assert (current_version(out), nearest(out, "green felt hat")) == (before, "c")
    built(folder, out)
    assert sorted((out / "versions").iterdir()) == sorted([before, current_version(out)])


def _run(code: str, *arguments: Path | str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


FULL_DISK = """
import resource
from retrieval.errors import IndexUnusable
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    build(find_source(source), out, home=out, embedder=LetterEmbedder())
except IndexUnusable as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


@pytest.mark.parametrize(("bytes_left", "message"), [("60000", "cannot write the index"), ("150000", "disk")])
def test_a_full_disk_is_a_clear_error_and_the_old_index_is_untouched(
    out: Path, folder: Path, bytes_left: str, message: str
) -> None:
    before = current_version(out)
    many = "".join(json.dumps({"item_id": f"i{n}", "title": "T" * 300}) + "\n" for n in range(300))
    (folder / "items.jsonl").write_text(many, encoding="utf-8")
    for extra in ("catalog.toml", "aliases.en.toml", "interactions.csv"):
        (folder / extra).unlink()
    full = _run(BUILD + FULL_DISK, folder, out, bytes_left)
    assert full.returncode == 1
    (line,) = full.stderr.splitlines()
    assert line.startswith("IndexUnusable: ")
    assert message in line
    assert (current_version(out), list((out / "versions").iterdir())) == (before, [before])


def test_two_builds_at_once_are_refused_by_name(out: Path, folder: Path) -> None:
    inside, leave = threading.Event(), threading.Event()

    class Slow(LetterEmbedder):
        def embed(self, texts: Sequence[str]) -> Matrix:
            inside.set()
            leave.wait(timeout=30)
            return super().embed(texts)

    first = threading.Thread(target=build, args=(find_source(folder), out), kwargs={"home": out, "embedder": Slow()})
    first.start()
    assert inside.wait(timeout=30)
    with pytest.raises(IndexUnusable, match=f"process {os.getpid()}"):
        built(folder, out)
    leave.set()
    first.join()
    built(folder, out)


def test_a_place_that_cannot_be_written_is_a_clear_error(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(IndexUnusable, match=r"cannot write to .*choose another place"):
        built(folder, tmp_path / "file" / "index")
