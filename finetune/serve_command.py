"""The command line and the environment that vLLM is started with. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from finetune.serve_device import Vllm
from finetune.serve_model import Model, Tuned
from finetune.serve_plan import MemoryPlan

PARTS = Path(__file__).with_name("vllm_parts")
_MIDDLEWARE = "sommelier_settled.Settled"
_BLOCK = 32
"""Tokens of a block of the cache on a CPU. Only whole blocks are shared, and our prompts begin with some 300 tokens
that are the same: of vLLM's own 128 two would be."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int
    key: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """As a client on this machine calls it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a server, and where it will be."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    address: Address


def launch(
    vllm: Vllm,
    model: Model,
    adapters: Sequence[Tuned],
    plan: MemoryPlan,
    address: Address,
    around: Mapping[str, str],
) -> Launch:
    """Put a command together; `around` is the environment that it inherits."""
    arguments = (
        *(
            str(vllm.python),
            "-m",
            "vllm.entrypoints.openai.api_server",
        ),  # the `vllm` command needs what is not installed
        *("--model", model.place, "--served-model-name", model.name),
        *("--host", address.host, "--port", str(address.port)),
        *_memory(plan),
        *_adapters(adapters, plan),
        *_tools(),
        *(("--chat-template", str(model.template)) if model.template else ()),
        *("--generation-config", "vllm"),  # ours asks for what it wants; a model's own defaults are not for plans
        "--disable-uvicorn-access-log",
    )
    return Launch(arguments, _environment(model, plan, address, around), address)


def _memory(plan: MemoryPlan) -> Sequence[str]:
    given = ["--dtype", plan.dtype, "--max-model-len", str(plan.window), "--max-num-seqs", str(plan.chats)]
    given += ["--enable-prefix-caching"]
    if plan.device.kind == "gpu":
        given += ["--gpu-memory-utilization", f"{plan.utilisation:.2f}"]
        return [*given, "--tensor-parallel-size", str(plan.parallel)] if plan.parallel > 1 else given
    return [*given, "--kv-cache-memory-bytes", str(plan.cache), "--block-size", str(_BLOCK)]


def _adapters(adapters: Sequence[Tuned], plan: MemoryPlan) -> Sequence[str]:
    slots = ["--enable-lora", "--max-lora-rank", str(plan.rank), "--max-loras", str(plan.slots)]
    slots += ["--max-cpu-loras", str(plan.slots + 2), "--middleware", _MIDDLEWARE]
    return [*slots, "--lora-modules", *(f"{a.name}={a.folder}" for a in adapters)] if adapters else slots


def _tools() -> Sequence[str]:
    """A required call is refused without a parser. Without blanks between the signs, as a tuned model was taught; one
    that was not could else write blanks for ever."""
    tight = {"backend": "xgrammar", "disable_any_whitespace": True}
    return [
        *("--enable-auto-tool-choice", "--tool-call-parser", "hermes"),
        *("--structured-outputs-config", json.dumps(tight, separators=(",", ":"))),
    ]


def _environment(model: Model, plan: MemoryPlan, address: Address, around: Mapping[str, str]) -> Mapping[str, str]:
    beside = around.get("PYTHONPATH", "")
    given = {
        "PYTHONPATH": f"{PARTS}:{beside}" if beside else str(PARTS),
        "PYTHONUNBUFFERED": "1",
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1",
        "VLLM_ENFORCE_STRICT_TOOL_CALLING": "0",  # else a required call is held to the parser's form, not to plain JSON
        "VLLM_NO_USAGE_STATS": "1",
    }
    if address.key:
        given["VLLM_API_KEY"] = address.key  # not on the command line, which everybody can read
    if Path(model.place).is_dir():
        given["HF_HUB_OFFLINE"] = "1"
    if plan.device.kind == "cpu":
        given["VLLM_CPU_OMP_THREADS_BIND"] = _threads(plan.device.cores)
    kept = {name: value for name, value in around.items() if name != "VLLM_CPU_KVCACHE_SPACE"}  # it would win
    return {**kept, **given}


def _threads(cores: Sequence[int]) -> str:
    """Processors that compute. vLLM keeps one back for its server, which of two is too much."""
    return "auto" if len(cores) > 3 else ",".join(map(str, cores))
