"""The SQLite store keeps the contract of a store, and says what to do when its file cannot be used."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.documents import read_profile, write
from agent.errors import StoreError
from agent.profile import Profile, Statement, remember
from agent.store_sqlite import SqliteStore
from tests.contracts_store import NOW, SAID, StoreContract, turn_of
from tests.fakes_store import MemoryStore


class TestMemoryStore(StoreContract):
    """The fake."""

    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestSqliteStore(StoreContract):
    """The real one."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqliteStore]:
        store = SqliteStore(tmp_path / "new folder" / "sommelier.db")
        yield store
        store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sommelier.db"


@contextmanager
def powerless() -> Iterator[None]:
    """No superuser rights for a while: to a superuser nothing is read-only."""
    superuser = os.geteuid() == 0
    if superuser:
        os.seteuid(65534)
    try:
        yield
    finally:
        if superuser:
            os.seteuid(0)


async def fill(path: Path) -> None:
    """Add one turn of Ann's to a database."""
    store = SqliteStore(path)
    await store.commit(turn_of(await store.load("ann", "s1"), *SAID))
    store.close()


async def test_everything_survives_a_restart(path: Path) -> None:
    await fill(path)
    again = SqliteStore(path)
    snapshot = await again.load("ann", "s1")
    assert (len(snapshot.profile.records), snapshot.dialogue.turn, snapshot.version) == (len(SAID), 1, 1)
    again.close()


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(text=TEXT, values=st.lists(st.one_of(TEXT, st.floats(allow_nan=False), st.booleans(), st.dates()), max_size=3))
def test_whatever_was_said_comes_back_as_it_was(text: str, values: list[str | float | bool | date]) -> None:
    said = Statement("facet", tuple(values), text, facet="f", words=text)
    profile = remember(Profile(), [said], NOW)
    again = read_profile(write(profile), "the profile")
    assert again == profile
    assert [type(v) for v in again.records[0].said.values] == [type(v) for v in values]


@pytest.mark.parametrize("content", [b"this is not a database, honestly", b"\x00" * 5000])
async def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"sommelier\.db' is not a database; move it away, or choose another path"):
        await SqliteStore(path).load("ann", "s1")
    assert path.read_bytes() == content


async def test_a_damaged_database_is_refused_and_left_alone(path: Path) -> None:
    await fill(path)
    whole = path.read_bytes()
    damaged = whole[:4096] + b"\xff" * (len(whole) - 4096)
    path.write_bytes(damaged)
    store = SqliteStore(path)
    with pytest.raises(StoreError, match="is damaged; restore a copy"):
        await store.load("ann", "s1")
    with pytest.raises(StoreError, match="is damaged"):
        await store.commit(turn_of(await SqliteStore(path.with_name("other.db")).load("ann", "s1"), *SAID))
    store.close()
    assert path.read_bytes()[4096:] == damaged[4096:]


async def test_a_row_that_cannot_be_read_is_quoted(path: Path) -> None:
    await fill(path)
    for table, document in (("profiles", '{"records": 7}'), ("dialogues", "{oops")):
        with sqlite3.connect(path) as db:
            db.execute(f"UPDATE {table} SET document=?", (document,))
        db.close()
        store = SqliteStore(path)
        with pytest.raises(StoreError, match=f"of user 'ann'.* cannot be read: '{document[:5]}"):
            await store.load("ann", "s1")
        store.close()
        await SqliteStore(path).forget_user("ann")
        path.unlink()
        await fill(path)


@pytest.mark.parametrize(
    ("statement", "said"),
    [("CREATE TABLE t (x)", "belongs to another program; choose another"), ("PRAGMA user_version=9", "has version 9")],
)
async def test_a_database_of_another_program_or_version_is_left_alone(path: Path, statement: str, said: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=said):
        await SqliteStore(path).load("ann", "s1")
    assert path.read_bytes() == before


async def test_a_locked_database_is_told_and_the_turn_can_be_repeated(path: Path) -> None:
    await fill(path)
    store = SqliteStore(path, patience_s=0.05)
    turn = turn_of(await store.load("ann", "s1"))
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="is locked by another program; stop that program, or try again"):
        await store.commit(turn)
    other.rollback()
    other.close()
    await store.commit(turn)
    assert (await store.load("ann", "s1")).dialogue.turn == 2
    store.close()


async def test_a_path_that_cannot_be_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot be opened; check that its folder exists"):
        await SqliteStore(tmp_path).load("ann", "s1")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be opened: .*; check the path"):
        await SqliteStore(tmp_path / "file" / "sommelier.db").load("ann", "s1")


async def test_a_read_only_database_says_why_it_cannot_be_written() -> None:
    with tempfile.TemporaryDirectory() as name:  # tmp_path lies in a folder that only its owner may enter
        folder = Path(name)
        await fill(folder / "sommelier.db")
        (folder / "sommelier.db").chmod(0o444)
        folder.chmod(0o555)
        with powerless(), pytest.raises(StoreError, match=r"(read-only|cannot be opened).*writable"):
            await fill(folder / "sommelier.db")
        folder.chmod(0o755)


ROOT = Path(__file__).parents[1]
FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from agent.errors import StoreError
from agent.store_sqlite import SqliteStore
from tests.contracts_store import turn_of

async def main() -> None:
    store = SqliteStore(Path(sys.argv[1]))
    size = Path(sys.argv[1]).stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    for n in range(100):
        try:
            await store.commit(turn_of(await store.load("ann", "s1"), record={"n": n, "text": "x" * 20_000}))
        except StoreError as error:
            print(n, error)
            return

asyncio.run(main())
"""


async def test_a_full_disk_is_told_and_loses_nothing_that_was_kept(path: Path) -> None:
    await fill(path)
    run = subprocess.run([sys.executable, "-c", FULL_DISK, path], cwd=ROOT, capture_output=True, text=True, check=True)
    kept, _, said = run.stdout.partition(" ")
    assert "check that the disk is not full or failing" in said or "the disk is full" in said
    store = SqliteStore(path)
    assert (await store.load("ann", "s1")).dialogue.turn == 1 + int(kept)
    assert [t.get("n") for t in await store.turns(1)] == [int(kept) - 1]
    store.close()


async def test_many_people_at_once_lose_nothing(path: Path) -> None:
    stores = [SqliteStore(path), SqliteStore(path)]

    async def talk(user: str, store: SqliteStore) -> None:
        for _ in range(5):
            await store.commit(turn_of(await store.load(user, "s1"), SAID[0]))

    await asyncio.gather(*(talk(f"user {n}", stores[n % 2]) for n in range(8)))
    for n in range(8):
        snapshot = await stores[0].load(f"user {n}", "s1")
        assert (snapshot.dialogue.turn, snapshot.version, len(snapshot.profile.records)) == (5, 5, 5)
    for store in stores:
        store.close()


async def test_erasing_leaves_no_trace_in_the_file(path: Path) -> None:
    store = SqliteStore(path)
    await store.commit(turn_of(await store.load("ann", "s1"), record={"text": "a very private matter"}))
    await store.forget_user("ann")
    files = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"private" not in files
    store.close()


async def test_the_newest_turns_come_first(path: Path) -> None:
    store = SqliteStore(path)
    for n in range(3):
        await store.commit(turn_of(await store.load("ann", "s1"), record={"n": n}))
    assert [(t["user"], t["turn"], t["n"]) for t in await store.turns(2)] == [("ann", 3, 2), ("ann", 2, 1)]
    assert json.dumps(await store.turns(5))
    store.close()
