"""What a training run is told: options, and the presets that are files beside this one."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finetune.errors import BadOptions

_HERE = Path(__file__).parent


class Options(BaseModel):
    """How a model is tuned."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    base: str = "smollm2-135m"
    """The model in the box, or a Hugging Face name or folder."""
    rank: int = Field(default=16, ge=1, le=512)
    """Of the LoRA matrices."""
    alpha: float = Field(default=32, gt=0)
    """The adapter counts alpha / rank."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Of the adapter's input."""
    epochs: float = Field(default=2.0, gt=0)
    """Times that every row is seen."""
    max_steps: int = Field(default=0, ge=0)
    """Ends a run early; 0: after the epochs."""
    lr: float = Field(default=6e-4, gt=0, lt=1)
    """Highest learning rate."""
    warmup: float = Field(default=0.03, ge=0, lt=1)
    """Share of the steps until it is reached; then it falls on a cosine."""
    weight_decay: float = Field(default=0.01, ge=0)
    """Of AdamW."""
    max_grad_norm: float = Field(default=1.0, gt=0)
    """Longer gradients are cut to it."""
    packing: Literal["shared", "trl", "none"] = "shared"
    """Rows into sequences: many behind one system message, TRL's bins, or padded one by one."""
    window: int = Field(default=2048, ge=16)
    """Most tokens of a sequence. Longer rows are left out and counted."""
    batch: int = Field(default=1, ge=1)
    """Sequences of a device at once; shared packing takes one."""
    accumulation: int = Field(default=1, ge=1)
    """Batches of a step."""
    checkpointing: bool = False
    """Compute activations twice instead of keeping them."""
    four_bit: bool = False
    """Load the base in 4 bits; a GPU and bitsandbytes are needed."""
    precision: Literal["auto", "float32", "bf16", "fp16"] = "auto"
    """auto: bf16 or fp16 where the hardware has it, float32 elsewhere; the adapter learns in float32 always."""
    eval_every: int = Field(default=50, ge=1)
    """Steps between looks at the held-out rows."""
    patience: int = Field(default=5, ge=0)
    """Looks without a better loss until the run ends; 0: never."""
    save_minutes: float = Field(default=5.0, ge=0)
    """Time between checkpoints; 0: after each step."""
    keep: int = Field(default=2, ge=1)
    """Checkpoints that are kept, besides the best one."""
    seed: int = 17
    """Of weights, order and packing."""
    threads: int = Field(default=0, ge=0)
    """Of a CPU; 0: as many as it has."""
    reports: tuple[Literal["tensorboard", "wandb"], ...] = ("tensorboard",)
    """Where losses go."""


def preset_names() -> tuple[str, ...]:
    """The presets there are."""
    return tuple(sorted(path.name.split(".")[1] for path in _HERE.glob("preset.*.toml")))


def options_of(preset: str, settings: Sequence[str] = (), given: Mapping[str, object] | None = None) -> Options:
    """A preset, then NAME=VALUE settings, then options given by name; BadOptions for what cannot be."""
    if preset not in preset_names():
        raise BadOptions(f"there is no preset {preset!r}; take one of {', '.join(preset_names())}")
    values: dict[str, object] = tomllib.loads((_HERE / f"preset.{preset}.toml").read_text(encoding="utf-8"))
    values |= dict(map(_setting, settings)) | dict(given or {})
    try:
        return Options.model_validate(values)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = ".".join(map(str, fault["loc"]))
        known = f"; options are {', '.join(Options.model_fields)}" if fault["type"] == "extra_forbidden" else ""
        raise BadOptions(f"the option {name!r} cannot be {fault['input']!r}: {fault['msg']}{known}") from error


def _setting(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals:
        raise BadOptions(f"the setting {text!r} is not NAME=VALUE; write for example rank=8")
    name = name.strip().replace("-", "_")
    return name, tuple(filter(None, value.split(","))) if name == "reports" else value.strip()
