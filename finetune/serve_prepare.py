"""What is asked for on the command line, made into a server that can be started, and how to use it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.prompts import Style
from finetune.serve_command import Address, Launch, launch
from finetune.serve_device import device_for, find_vllm
from finetune.serve_model import Model, Tuned, adapter_of, base_of, check_fits, model_of
from finetune.serve_plan import MemoryPlan, Wanted, plan_memory


@dataclass(frozen=True, slots=True)
class Asked:
    """What to serve, with what; empty and 0 leave it to us."""

    python: Path
    address: Address
    model: str = ""
    adapters: tuple[str, ...] = ()
    """As 'DIR' or 'NAME=DIR'."""
    prompts: Style | None = None
    """What its clients render. None: the brief ones for adapters, which were tuned on them, else the full ones."""
    window: int = 0
    chats: int = 0
    rank: int = 16
    """The highest that adapters loaded later may have."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A server that can be started."""

    launch: Launch
    plan: MemoryPlan
    model: Model
    adapters: tuple[Tuned, ...]
    prompts: Style

    @property
    def settings(self) -> Mapping[str, str]:
        """The environment of an assistant that uses it."""
        name = self.adapters[0].name if self.adapters else self.model.name
        return {
            "SOMMELIER_LLM_URL": f"{self.launch.address.url}/v1",
            "SOMMELIER_LLM_MODEL": name,
            "SOMMELIER_LLM_PROMPTS": self.prompts,
        }

    @property
    def line(self) -> str:
        """What to type to use it."""
        return " ".join(f"{name}={shlex.quote(value)}" for name, value in self.settings.items()) + " sommelier serve"


def prepare(asked: Asked, home: Path, around: Mapping[str, str]) -> Prepared:
    """Look at the machine, the model and the adapters, and plan. ServingError, BadOptions or ModelMisconfigured for
    what cannot be served. A base that vLLM does not read is exported under `home` first."""
    vllm = find_vllm(asked.python)
    device = device_for(vllm)
    adapters = tuple(adapter_of(given) for given in asked.adapters)
    base = base_of(asked.model, adapters)
    prompts: Style = asked.prompts or ("brief" if adapters else "full")
    model = model_of(base, home, brief=prompts == "brief")
    for adapter in adapters:
        check_fits(adapter, base, model.shape.hidden, model.shape.layers)
    rank = max(asked.rank, *(a.rank for a in adapters)) if adapters else asked.rank
    plan = plan_memory(model.shape, device, Wanted(prompts, asked.window, asked.chats, rank, len(adapters)))
    return Prepared(launch(vllm, model, adapters, plan, asked.address, around), plan, model, adapters, prompts)
