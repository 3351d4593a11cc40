"""How long a server with a built index takes until it is ready, and how much memory it holds after some turns."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from bench.turns import OPENERS

_PATIENCE_S = 120


def ready_and_resident() -> tuple[float, float]:
    """Seconds until /readyz answers 200, and resident MiB after one turn of each opener."""
    port = _free_port()
    start = time.perf_counter()
    server = subprocess.Popen(
        [Path(sys.executable).with_name("sommelier"), "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        seconds = _until_ready(f"http://127.0.0.1:{port}", start, server)
        for number, text in enumerate(OPENERS):
            _chat(f"http://127.0.0.1:{port}", text, f"bench-{number}")
        return seconds, _resident_mib(server.pid)
    finally:
        server.terminate()
        server.wait(timeout=20)


def _until_ready(url: str, start: float, server: "subprocess.Popen[bytes]") -> float:
    while time.perf_counter() - start < _PATIENCE_S:
        if server.poll() is not None:
            raise RuntimeError(f"the server left with code {server.returncode} before it was ready")
        try:
            if httpx.get(f"{url}/readyz", timeout=2).status_code == httpx.codes.OK:
                return time.perf_counter() - start
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError(f"the server was not ready within {_PATIENCE_S} s")


def _chat(url: str, text: str, user: str) -> None:
    body = {"model": "sommelier-movies", "user": user, "messages": [{"role": "user", "content": text}]}
    answer = httpx.post(f"{url}/v1/chat/completions", json=body, headers={"X-Session-Id": user}, timeout=60)
    answer.raise_for_status()


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
