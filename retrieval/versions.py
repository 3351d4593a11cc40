"""Versions of an index side by side: written aside, swapped in by one rename, so that a killed build harms nothing.

OUT/versions/<time>-<random>/   one whole index each
OUT/CURRENT                     the name of the one that serves
OUT/.lock, OUT/.writer          who is writing
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from retrieval.errors import IndexMissing, IndexUnusable

_CURRENT, _VERSIONS, _LOCK, _WRITER = "CURRENT", "versions", ".lock", ".writer"


def current_version(out: Path) -> Path:
    """The folder of the live version; IndexMissing when nothing was built at `out`."""
    try:
        name = (out / _CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise IndexMissing(f"there is no index at {str(out)!r}; make one with 'sommelier build'") from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexUnusable(f"cannot read {str(out / _CURRENT)!r} ({error}); build the index again") from error
    folder = out / _VERSIONS / name
    if not name or folder.parent != out / _VERSIONS or not folder.is_dir():
        raise IndexUnusable(f"{str(out / _CURRENT)!r} names {name!r}, which is not there; build the index again")
    return folder


@dataclass(frozen=True, slots=True)
class Draft:
    """A version that is being written; `publish` makes it the live one."""

    out: Path
    folder: Path

    @property
    def name(self) -> str:
        """The version's name, unique for ever."""
        return self.folder.name

    def publish(self) -> None:
        """Force everything to the disk, swap CURRENT, and remove all but this version and the one before."""
        before = _live_name(self.out)
        for path in sorted(self.folder.rglob("*")):
            _sync(path)
        _sync(self.folder)
        aside = self.out / f"{_CURRENT}.new"
        aside.write_text(self.name, encoding="utf-8")
        _sync(aside)
        aside.replace(self.out / _CURRENT)
        _sync(self.out)
        remove_versions(self.out, keep={self.name, before})


@contextmanager
def new_version(out: Path) -> Iterator[Draft]:
    """Lock `out` and make an empty version folder in it; it is removed again unless it was published.

    IndexUnusable when another process is writing, or when the disk is full or read-only.
    """
    with _explained(out), _writing(out):
        remove_versions(out, keep={_live_name(out), *_previous(out)})
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        draft = Draft(out, out / _VERSIONS / name)
        draft.folder.mkdir(parents=True)
        try:
            yield draft
        finally:
            if _live_name(out) != name:
                shutil.rmtree(draft.folder, ignore_errors=True)


def remove_versions(out: Path, keep: set[str]) -> None:
    """Delete every version that is not kept."""
    for folder in version_folders(out):
        if folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)


def version_folders(out: Path) -> list[Path]:
    """All versions, oldest first, whole or not."""
    return sorted((out / _VERSIONS).glob("*")) if (out / _VERSIONS).is_dir() else []


def _previous(out: Path) -> list[str]:
    """The newest whole version before the live one: what to go back to by hand."""
    live = _live_name(out)
    older = [f.name for f in version_folders(out) if f.name < live and (f / "manifest.json").is_file()]
    return older[-1:]


def _live_name(out: Path) -> str:
    try:
        return (out / _CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / _LOCK)
        lock.acquire(timeout=0)
    except Timeout:
        raise IndexUnusable(f"{str(out)!r} is being written by {_writer(out)}; wait until it is done") from None
    except OSError as error:
        raise IndexUnusable(f"cannot write to {str(out)!r}: {error.strerror or error}; choose another place") from error
    try:
        (out / _WRITER).write_text(str(os.getpid()), encoding="utf-8")
        yield
    finally:
        (out / _WRITER).unlink(missing_ok=True)
        lock.release()


def _writer(out: Path) -> str:
    try:
        return f"process {(out / _WRITER).read_text(encoding='utf-8').strip()}"
    except OSError:
        return "another process"


@contextmanager
def _explained(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise IndexUnusable(
            f"cannot write the index at {str(out)!r}: {reason}; free some space or choose another place, and build "
            "again (an index that was there is untouched)"
        ) from error


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
