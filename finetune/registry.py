"""Versions of one adapter side by side, each with its lineage and figures, and a pointer to the one that serves.

REGISTRY/v0001/, v0002/ …    one whole adapter each, never changed again; refused ones too, for their figures
REGISTRY/CURRENT             the name of the one that serves, swapped by one rename
REGISTRY/.lock               who is writing
"""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from agent.adapters import CARD, CURRENT, VERSION, AdapterCard, check_adapter, read_card, resolve_adapter, sums_of
from agent.errors import ModelMisconfigured
from finetune.errors import DamagedVersion, NoSpace, NoVersion, RegistryBusy, RegistryUnusable

_LOCK, _ASIDE = ".lock", ".new-"
_PATIENCE_S = 60.0
"""How long one process waits for another's copy or swap."""


@dataclass(frozen=True, slots=True)
class Version:
    """One adapter of a registry."""

    name: str
    folder: Path
    card: AdapterCard | None
    """None when it cannot be read; `fault` says why."""
    current: bool = False
    fault: str = ""

    @property
    def refused(self) -> str:
        """Why the gate did not let it serve; empty when it did."""
        return "" if self.card is None else self.card.refused

    @property
    def state(self) -> str:
        """In a word or two: 'current', 'refused: …', 'damaged: …', or nothing to tell."""
        told = f"damaged: {self.fault}" if self.fault else f"refused: {self.refused}" if self.refused else ""
        return ", ".join(filter(None, ("current" if self.current else "", told)))


@dataclass(frozen=True, slots=True)
class Registry:
    """The versions in one folder. All methods raise a FinetuneError that says what to do."""

    folder: Path

    def versions(self) -> tuple[Version, ...]:
        """All of them, oldest first; the files are summed, so that damage shows."""
        live = self._live()
        found = sorted(p for p in self.folder.glob("v*") if VERSION.fullmatch(p.name) and p.is_dir())
        return tuple(_version(p, live) for p in sorted(found, key=lambda p: int(p.name[1:])))

    def version(self, name: str) -> Version:
        """One of them, whole; NoVersion or DamagedVersion."""
        if not VERSION.fullmatch(name) or not (self.folder / name).is_dir():
            known = ", ".join(v.name for v in self.versions()) or "none"
            raise NoVersion(f"there is no version {name!r} in {str(self.folder)!r}; there are: {known}")
        return _whole(_version(self.folder / name, self._live()))

    def current(self) -> Version:
        """The one that serves, whole."""
        try:
            folder = resolve_adapter(self.folder)
        except ModelMisconfigured as error:
            raise NoVersion(str(error)) from error
        if folder == self.folder:
            raise NoVersion(f"{str(folder)!r} holds no versions; begin with 'sommelier finetune continue --from'")
        return _whole(_version(folder, folder.name))

    def publish(self, files: Path, card: AdapterCard) -> Version:
        """Copy an adapter in as the next version. It becomes the current one unless its card says that it was refused,
        or another than its parent has become current meanwhile."""
        with self._writing():
            newest = max((int(v.name[1:]) for v in self.versions()), default=0)
            name = f"v{newest + 1:04d}"
            self._put(files, card.model_copy(update={"version": name}), self.folder / name)
            if not card.refused and self._live() in ("", card.parent):
                self._point(name)
            return _version(self.folder / name, self._live())

    def adopt(self, adapter: Path) -> Version:
        """Take in an adapter from elsewhere; the version that it is already, if its files are the same."""
        try:
            check_adapter(adapter)
            card, sums = read_card(adapter), sums_of(adapter)
        except ModelMisconfigured as error:
            raise DamagedVersion(str(error)) from error
        same = [v for v in self.versions() if v.card and not v.fault and dict(v.card.files) == dict(sums)]
        return same[-1] if same else self.publish(adapter, card.model_copy(update={"parent": "", "refused": ""}))

    def made_by(self, run: str) -> Version | None:
        """The version that a continuation made, if it was finished before."""
        return next((v for v in self.versions() if v.card and v.card.run == run), None)

    def use(self, name: str, *, anyway: bool = False) -> Version:
        """Make a version the current one. One that the gate refused is taken only `anyway`."""
        version = self.version(name)
        if version.refused and not anyway:
            raise NoVersion(f"version {name!r} was refused ({version.refused}); take another, or add --anyway")
        with self._writing():
            self._point(name)
        return self.version(name)

    def rollback(self, to: str = "") -> Version:
        """Go back to the version that the current one was trained on from, or to a named one."""
        if to:
            return self.use(to)
        before = self._before()
        if not before:
            raise NoVersion(f"{self._live()!r} of {str(self.folder)!r} is a first version: nothing to go back to")
        return self.use(before)

    def _before(self) -> str:
        """The current version's parent; where its card is damaged, the newest one before it that may serve."""
        try:
            live = resolve_adapter(self.folder)
        except ModelMisconfigured as error:
            raise NoVersion(str(error)) from error
        if (card := _version(live, live.name).card) is not None:
            return card.parent
        older = [v.name for v in self.versions() if not (v.fault or v.refused) and int(v.name[1:]) < int(live.name[1:])]
        return older[-1] if older else ""

    def _live(self) -> str:
        path = self.folder / CURRENT
        return path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else ""

    def _put(self, files: Path, card: AdapterCard, target: Path) -> None:
        """Write a version aside, force it to the disk, and rename it into place."""
        aside = self.folder / f"{_ASIDE}{target.name}-{secrets.token_hex(4)}"
        try:
            _copy(files, aside)
            told = card.model_copy(update={"files": sums_of(aside), "created": card.created or _now()})
            (aside / CARD).write_text(told.model_dump_json(indent=1) + "\n", encoding="utf-8")
            for path in (*sorted(aside.rglob("*")), aside):
                _sync(path)
            aside.rename(target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        _sync(self.folder)

    def _point(self, name: str) -> None:
        aside = self.folder / f"{CURRENT}.new"
        aside.write_text(f"{name}\n", encoding="utf-8")
        _sync(aside)
        aside.replace(self.folder / CURRENT)
        _sync(self.folder)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        lock = FileLock(self.folder / _LOCK)
        with explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=_PATIENCE_S)
            except Timeout:
                raise RegistryBusy(f"{str(self.folder)!r} is being written by another process; try again") from None
            try:
                for left in self.folder.glob(f"{_ASIDE}*"):  # of a killed process
                    shutil.rmtree(left, ignore_errors=True)
                yield
            finally:
                lock.release()


def _version(folder: Path, live: str) -> Version:
    card, fault = None, ""
    try:
        card = read_card(folder)
        check_adapter(folder)
    except ModelMisconfigured as error:
        fault = str(error)
    return Version(folder.name, folder, card, folder.name == live, fault)


def _whole(version: Version) -> Version:
    if version.fault:
        raise DamagedVersion(f"version {version.name!r} cannot be used: {version.fault}")
    return version


def _copy(files: Path, aside: Path) -> None:
    """All files but the card, which is written anew, and hidden ones."""
    for path in sorted(p for p in files.rglob("*") if p.is_file() and p != files / CARD):
        within = path.relative_to(files)
        if not any(part.startswith(".") for part in within.parts):
            (aside / within).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, aside / within)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Say what to do when a folder of versions cannot be written: NoSpace or RegistryUnusable."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        kind = NoSpace if full else RegistryUnusable
        reason = error.strerror or str(error)
        step = "free some space" if full else "correct it, or name another place"
        raise kind(
            f"cannot write to {str(folder)!r}: {reason}; {step} and run again (what was current still is)"
        ) from error
