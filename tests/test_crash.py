"""`kill -9` in the middle of a turn loses nothing that was acknowledged, and leaves nothing half-written."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Timer

import pytest

from agent.store_sqlite import SqliteStore

ROOT = Path(__file__).parents[1]
TALK = """
import asyncio, sys
from pathlib import Path
from agent.store_sqlite import SqliteStore
from tests.contracts_store import SAID, turn_of

async def main() -> None:
    store = SqliteStore(Path(sys.argv[1]))
    while True:
        turn = turn_of(await store.load("ann", "s1"), SAID[0], record={"text": "x" * 2000})
        await store.commit(turn)
        print(turn.dialogue.turn, flush=True)

asyncio.run(main())
"""


def talk_until_killed(path: Path, seconds: float) -> int:
    """Commit turns in a process of its own, killed so long after its first; returns the last turn it acknowledged."""
    with subprocess.Popen([sys.executable, "-c", TALK, path], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = int(process.stdout.readline())
        killer = Timer(seconds, process.send_signal, [signal.SIGKILL])
        killer.start()
        return max([first, *(int(line) for line in process.stdout if line.endswith("\n"))])


async def test_kill_nine_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "sommelier.db"
    chance = random.Random(time.time_ns())
    for _ in range(4):
        acknowledged = talk_until_killed(path, chance.uniform(0.01, 0.25))
        store = SqliteStore(path)
        snapshot = await store.load("ann", "s1")
        turns = await store.turns(10**6)
        assert snapshot.dialogue.turn >= acknowledged
        assert snapshot.dialogue.turn == snapshot.version == len(snapshot.profile.records) == len(turns)
        assert len(snapshot.dialogue.messages) == 2 * snapshot.dialogue.turn
        store.close()


@pytest.mark.parametrize("_", range(2))
async def test_a_process_killed_while_it_creates_the_file_leaves_one_that_can_be_used(tmp_path: Path, _: int) -> None:
    path = tmp_path / "sommelier.db"
    with subprocess.Popen([sys.executable, "-c", TALK, path], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        while not path.exists() and process.poll() is None:
            time.sleep(0.001)
        process.kill()
    store = SqliteStore(path)
    snapshot = await store.load("ann", "s1")
    assert snapshot.dialogue.turn == snapshot.version == len(await store.turns(10**6))
    store.close()
