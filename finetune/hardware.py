"""What a run computes on, and whether its options can be had there."""

import platform
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import torch

from finetune.errors import BadOptions, MissingPart
from finetune.options import Options


@dataclass(frozen=True, slots=True)
class Hardware:
    """A device, and the numbers it computes in."""

    gpu: bool
    precision: Literal["float32", "bf16", "fp16"]
    name: str

    @property
    def dtype(self) -> torch.dtype:
        """Of the base's weights."""
        return {"float32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[self.precision]


def hardware_for(options: Options) -> Hardware:
    """The machine at hand; MissingPart or BadOptions for options that it cannot do."""
    gpu = torch.cuda.is_available()
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.four_bit and not gpu:
        raise MissingPart("four_bit needs a GPU and none was found; set four_bit=false")
    if options.four_bit and find_spec("bitsandbytes") is None:
        raise MissingPart("four_bit needs bitsandbytes; run 'pip install bitsandbytes', or set four_bit=false")
    if "wandb" in options.reports and find_spec("wandb") is None:
        raise MissingPart("reports=wandb needs wandb; run 'pip install wandb', or set reports=tensorboard")
    if options.packing == "shared" and options.batch != 1:
        raise BadOptions(f"batch={options.batch} does not go with packing=shared; set accumulation={options.batch}")
    if options.precision == "fp16" and not gpu:
        raise BadOptions("precision='fp16' needs a GPU and none was found; set precision=auto")
    return Hardware(gpu, _precision(options, gpu=gpu), torch.cuda.get_device_name() if gpu else _cpu())


def _precision(options: Options, *, gpu: bool) -> Literal["float32", "bf16", "fp16"]:
    if options.precision != "auto":
        return options.precision
    if not gpu:
        return "bf16" if _multiplies_bf16() else "float32"
    return "bf16" if torch.cuda.is_bf16_supported() else "fp16"


def _multiplies_bf16() -> bool:
    """Whether the CPU has instructions for it; without them it is slower than float32. torch says it nowhere else."""
    named = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, bool)() for name in named)


def _cpu() -> str:
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads"
