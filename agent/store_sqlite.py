"""Profiles, dialogues and traces in one SQLite file.

Documents are JSON in three tables: a ledger per person, a dialogue per session, a trace per turn. An anonymous session
(no user) is a person of its own. Write-ahead log with synchronous=FULL: what `commit` acknowledged survives a crash.
"""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from agent.documents import read_dialogue, read_profile, read_record, write
from agent.errors import BadRequest, StoreError
from agent.profile import Profile
from agent.types import Dialogue, Snapshot, Turn

SCHEMA_VERSION = 1
"""Kept in PRAGMA user_version; raised whenever an older program can no longer read the file."""

_SCHEMA = """
CREATE TABLE profiles (
  user TEXT NOT NULL, session TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY (user, session)
) WITHOUT ROWID;
CREATE TABLE dialogues (
  user TEXT NOT NULL, session TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (user, session)
) WITHOUT ROWID;
CREATE TABLE turns (
  id INTEGER PRIMARY KEY, user TEXT NOT NULL, session TEXT NOT NULL, turn INTEGER NOT NULL, record TEXT NOT NULL
);
CREATE INDEX turns_of ON turns (user, session);
"""

_NEXT_STEPS = {
    sqlite3.SQLITE_NOTADB: "is not a database; move it away, or choose another path",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore a copy, or move it away to start afresh",
    sqlite3.SQLITE_BUSY: "is locked by another program; stop that program, or try again",
    sqlite3.SQLITE_LOCKED: "is locked by another program; stop that program, or try again",
    sqlite3.SQLITE_READONLY: "is read-only; make it and its folder writable",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that its folder exists and is writable",
    sqlite3.SQLITE_FULL: "cannot grow because the disk is full; free some space",
    sqlite3.SQLITE_IOERR: "cannot be read or written; check that the disk is not full or failing",
}

_P = ParamSpec("_P")
_R = TypeVar("_R")


class SqliteStore:
    """Store and Archive on one file. Thread-safe; other processes may use the file as well."""

    def __init__(self, path: Path, *, patience_s: float = 5.0) -> None:
        """Open the file, made with its folder if missing; wait up to `patience_s` seconds for other writers.

        StoreError if it cannot be used; a file that is damaged, or somebody else's, is never written to.
        """
        self.path = path
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None
        with self._lock, self._told():
            self._connection()

    async def load(self, user: str, session: str) -> Snapshot:
        """Read a person's ledger and a session's dialogue; the unknown is empty. StoreError if it cannot be read."""
        return await self._run(_load, user, session)

    async def commit(self, turn: Turn) -> None:
        """Write a turn, all of it or nothing.

        StoreError if it cannot be written, or if the ledger was changed since it was read; BadRequest without an owner.
        """
        await self._run(_commit, turn)

    async def conversation(self, user: str, session: str, limit: int) -> list[dict[str, object]]:
        """Return the records of the latest turns of a session, oldest first."""
        return await self._run(_conversation, user, session, limit)

    async def export(self, user: str) -> dict[str, object]:
        """Return everything that is stored about a person, as JSON values."""
        return await self._run(_export, _named(user))

    async def forget_user(self, user: str) -> int:
        """Erase everything about a person, from the file's free pages too; returns how many turns went."""
        return await self._run(_erase, _named(user))

    async def turns(self, limit: int) -> list[dict[str, object]]:
        """Return the newest traces of all people, newest first, each with its user, session and turn."""
        return await self._run(_turns, limit)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    async def _run(
        self, work: Callable[Concatenate[sqlite3.Connection, _P], _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        def locked() -> _R:
            with self._lock, self._told():
                return work(self._connection(), *args, **kwargs)

        return await asyncio.to_thread(locked)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say which file failed and what to do about it."""
        try:
            yield
        except StoreError as error:
            raise StoreError(f"the database {str(self.path)!r}: {error}") from error
        except OSError as error:
            raise StoreError(
                f"the database {str(self.path)!r} cannot be opened: {error.strerror}; check the path"
            ) from error
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            step = _NEXT_STEPS.get(code, "failed; report this")
            raise StoreError(f"the database {str(self.path)!r} {step} ({error})") from error

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self.path, timeout=self._patience_s, isolation_level=None, check_same_thread=False
            )
            try:
                _prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._opened = connection
        return self._opened


def _prepare(db: sqlite3.Connection) -> None:
    """Check that the file is ours before anything is written to it, then set it up."""
    version = _version_of(db)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        db.execute(f"PRAGMA {pragma}")
    if version == SCHEMA_VERSION:
        return
    with _transaction(db):
        if _version_of(db) == 0:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                db.execute(statement)
            db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _version_of(db: sqlite3.Connection) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise StoreError(f"it has version {version!r}, this program reads {SCHEMA_VERSION}; update the program")
    if version == 0 and db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise StoreError("it belongs to another program; choose another path")
    return int(version)


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk has already rolled it back
            db.execute("ROLLBACK")
        raise


def _load(db: sqlite3.Connection, user: str, session: str) -> Snapshot:
    with _reading(db):
        row = db.execute(
            "SELECT version, document FROM profiles WHERE user=? AND session=?", _owner(user, session)
        ).fetchone()
        talk = db.execute("SELECT document FROM dialogues WHERE user=? AND session=?", (user, session)).fetchone()
    profile = read_profile(row[1], f"the profile of user {user!r}") if row else Profile()
    where = f"the dialogue of user {user!r}, session {session!r}"
    dialogue = read_dialogue(talk[0], where) if talk else Dialogue(user, session)
    return Snapshot(profile, dialogue, row[0] if row else 0)


@contextmanager
def _reading(db: sqlite3.Connection) -> Iterator[None]:
    """Several reads of one state of the file."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("ROLLBACK")


def _commit(db: sqlite3.Connection, turn: Turn) -> None:
    user, session = turn.dialogue.user, turn.dialogue.session
    if not (user or session):
        raise BadRequest("user '' and session '' own nothing that could be kept; name one of them")
    owner = _owner(user, session)
    documents = write(turn.profile), write(turn.dialogue), write(turn.record)
    with _transaction(db):
        row = db.execute("SELECT version FROM profiles WHERE user=? AND session=?", owner).fetchone()
        if (row[0] if row else 0) != turn.version:
            raise StoreError(f"the profile of user {user!r} was changed meanwhile; send the message again")
        db.execute("REPLACE INTO profiles VALUES (?, ?, ?, ?)", (*owner, turn.version + 1, documents[0]))
        db.execute("REPLACE INTO dialogues VALUES (?, ?, ?)", (user, session, documents[1]))
        db.execute(
            "INSERT INTO turns (user, session, turn, record) VALUES (?, ?, ?, ?)",
            (user, session, turn.dialogue.turn, documents[2]),
        )


def _conversation(db: sqlite3.Connection, user: str, session: str, limit: int) -> list[dict[str, object]]:
    rows = db.execute(
        "SELECT record FROM turns WHERE user=? AND session=? AND turn>0 ORDER BY id DESC LIMIT ?",
        (user, session, limit),
    ).fetchall()
    where = f"the conversation of user {user!r}, session {session!r}"
    return [read_record(record, where) for (record,) in reversed(rows)]


def _export(db: sqlite3.Connection, user: str) -> dict[str, object]:
    with _reading(db):
        profile = db.execute("SELECT document FROM profiles WHERE user=?", (user,)).fetchone()
        dialogues = db.execute("SELECT document FROM dialogues WHERE user=? ORDER BY session", (user,)).fetchall()
        turns = db.execute("SELECT session, turn, record FROM turns WHERE user=? ORDER BY id", (user,)).fetchall()
    where = f"what is stored about user {user!r}"
    return {
        "user": user,
        "profile": read_record(profile[0], where) if profile else json.loads(write(Profile())),
        "dialogues": [read_record(document, where) for (document,) in dialogues],
        "turns": [{"session": s, "turn": n, **read_record(record, where)} for s, n, record in turns],
    }


def _erase(db: sqlite3.Connection, user: str) -> int:
    with _transaction(db):
        gone = db.execute("DELETE FROM turns WHERE user=?", (user,)).rowcount
        db.execute("DELETE FROM dialogues WHERE user=?", (user,))
        db.execute("DELETE FROM profiles WHERE user=?", (user,))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log still holds what was erased
    return gone


def _turns(db: sqlite3.Connection, limit: int) -> list[dict[str, object]]:
    rows = db.execute("SELECT user, session, turn, record FROM turns ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
    return [
        {"user": user, "session": session, "turn": turn, **read_record(record, f"turn {turn!r} of user {user!r}")}
        for user, session, turn, record in rows
    ]


def _owner(user: str, session: str) -> tuple[str, str]:
    """Whose ledger it is: a person's in all sessions, an anonymous one's in this session only."""
    return user, "" if user else session


def _named(user: str) -> str:
    if not user:
        raise BadRequest("user '' has no records of their own; name the user")
    return user
