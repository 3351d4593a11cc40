"""A vLLM server as a child of this process: started, waited for, and stopped whatever happens."""

import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from finetune.errors import ServerFailed
from finetune.serve_command import Launch

Progress = Callable[[float], None]
"""Told, now and then, for how many seconds the server has been starting."""

_EVERY_S, _STOP_S = 0.25, 20.0
_TAIL = 64 * 1024
_LINES = 3
_PREFIX = re.compile(r"^\(\w[^)]*\)\s*|^(?:INFO|WARNING|ERROR|CRITICAL) \S+ \S+ \[[^]]*\]\s*")
"""What vLLM puts before a line: the process, the level and the place."""
_ERROR = re.compile(r"\b\w*(?:Error|Exception)\b.*: ?\S|^usage:|: error: ")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs."""

    launch: Launch
    log: Path
    process: subprocess.Popen[bytes]

    def healthy(self) -> bool:
        """Whether it answers now."""
        try:
            with urllib.request.urlopen(f"{self.launch.address.url}/health", timeout=5) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except (urllib.error.URLError, OSError, ValueError):
            return False

    def ended(self) -> ServerFailed:
        """The error of a server that ended by itself."""
        return ServerFailed(
            f"vLLM ended by itself (code {self.process.poll()}): {last_words(self.log)}; "
            f"the whole log is {str(self.log)!r}"
        )

    def wait(self) -> None:
        """Until it ends, which is a failure."""
        self.process.wait()
        raise self.ended()


@contextmanager
def running(launch: Launch, log: Path, patience_s: float, progress: Progress | None = None) -> Iterator[Server]:
    """Start a server and wait until it is healthy; it is stopped, with all of its processes, when the block ends.

    Its output goes to `log`. ServerFailed, with its last words, for one that ends or is not healthy in time.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output, _child(launch, output) as process:
        server = Server(launch, log, process)
        _await(server, patience_s, progress)
        yield server


def last_words(log: Path) -> str:
    """What a server said last that tells why it ended: its last errors, else its last lines."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL))
        lines = [_bare(line) for line in file.read().decode("utf-8", "replace").splitlines()]
    lines = list(dict.fromkeys(line for line in lines if line))
    errors = [line for line in lines if _ERROR.search(line)]
    return " | ".join(line[:200] for line in (errors or lines)[-_LINES:]) or "it said nothing"


@contextmanager
def told_to_stop() -> Iterator[None]:
    """Within the block, SIGTERM and SIGHUP stop like Ctrl-C does."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _child(launch: Launch, output: object) -> Iterator[subprocess.Popen[bytes]]:
    """In a session of its own: Ctrl-C on the terminal reaches us, and we stop it."""
    try:
        process = subprocess.Popen(
            launch.arguments,
            env=dict(launch.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,  # type: ignore[call-overload]  # a file that is open
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise ServerFailed(f"{launch.arguments[0]!r} cannot be started ({error.strerror}); name a Python") from error
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, then end what is left of it: the engine and its workers are processes of their own."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _await(server: Server, patience_s: float, progress: Progress | None) -> None:
    begun = time.monotonic()
    while not server.healthy():
        if server.process.poll() is not None:
            raise server.ended()
        waited = time.monotonic() - begun
        if waited > patience_s:
            raise ServerFailed(
                f"vLLM was not healthy within {patience_s:g} s; its last words: {last_words(server.log)}; look at "
                f"{str(server.log)!r}, or wait longer with --wait"
            )
        if progress is not None:
            progress(waited)
        time.sleep(_EVERY_S)


def _bare(line: str) -> str:
    """A line without what vLLM puts before it."""
    before = ""
    while before != line:
        before, line = line, _PREFIX.sub("", line).strip()
    return line
