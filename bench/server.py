"""How long a server with a built index takes until it is ready, and how much memory it holds after some turns."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

_PATIENCE_S = 900


def ready_and_resident(catalog: str, home: Path, messages: Sequence[str]) -> tuple[float, float]:
    """Seconds until /readyz answers 200, and resident MiB after one turn of each message."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    start = time.perf_counter()
    server = subprocess.Popen(
        [Path(sys.executable).with_name("sommelier"), "serve", "--catalog", catalog, "--port", str(port)],
        env={**os.environ, "SOMMELIER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        seconds = _until_ready(url, start, server)
        with httpx.Client(base_url=url, timeout=120) as client:
            model = client.get("/v1/models").json()["data"][0]["id"]
            for number, text in enumerate(messages):
                _chat(client, model, text, f"bench-{start:.0f}-{number}")
        return round(seconds, 1), round(_resident_mib(server.pid))
    finally:
        server.terminate()
        server.wait(timeout=60)


def _until_ready(url: str, start: float, server: "subprocess.Popen[bytes]") -> float:
    while time.perf_counter() - start < _PATIENCE_S:
        if server.poll() is not None:
            raise RuntimeError(f"the server left with code {server.returncode} before it was ready")
        try:
            if httpx.get(f"{url}/readyz", timeout=10).status_code == httpx.codes.OK:
                return time.perf_counter() - start
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"the server was not ready within {_PATIENCE_S} s")


def _chat(client: httpx.Client, model: str, text: str, user: str) -> None:
    body = {"model": model, "user": user, "messages": [{"role": "user", "content": text}]}
    client.post("/v1/chat/completions", json=body, headers={"X-Session-Id": user}).raise_for_status()


def _resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
