"""The folder that a run ends with: weights in float16, the card that programs read, and the one that people do."""

import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch
from pydantic import TypeAdapter
from safetensors.torch import load_file, save_file

from agent.adapters import CARD, WEIGHTS, AdapterCard, read_card, sums_of
from agent.prompts import templates_hash
from finetune.options import Options
from finetune.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Figures:
    """A run in numbers."""

    rows: int
    dropped: int
    """Rows that did not fit the window."""
    steps: int
    loss: float
    """Mean of the training loss since the run was last started."""
    eval_loss: float | None
    """Best on the held-out rows."""
    seconds: float
    """Since the run was last started."""

    @classmethod
    def of(cls, adapter: Path) -> "Figures | None":
        """Those of a finished run, or None."""
        if not (adapter / CARD).is_file():
            return None
        told = dict(read_card(adapter).figures)
        return TypeAdapter(cls).validate_python({"eval_loss": None} | told)


@dataclass(frozen=True, slots=True)
class About:
    """What a card says besides figures."""

    name: str
    options: Options
    data: str
    start: str
    hardware: str


def write_adapter(trainer: Trainer, folder: Path, about: About, figures: Figures) -> None:
    """Write the folder, whole or not at all. Every process of a run takes part: weights may be spread over them."""
    part = folder.with_name(f"{folder.name}.part")
    if trainer.is_world_process_zero():
        shutil.rmtree(part, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    trainer.save_model(str(part))
    if not trainer.is_world_process_zero():
        return
    halve(part / WEIGHTS)
    (part / "README.md").write_text(_readme(about, figures), encoding="utf-8")
    card = AdapterCard(
        name=about.name,
        base=about.options.base,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        data=about.data,
        prompts=templates_hash("brief"),
        seed=about.options.seed,
        figures={name: value for name, value in asdict(figures).items() if value is not None},
        files=sums_of(part),
    )
    (part / CARD).write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)


def halve(weights: Path) -> None:
    """Rewrite a file of weights in float16."""
    tensors = {name: tensor.to(torch.float16).contiguous() for name, tensor in load_file(weights).items()}
    save_file(tensors, weights, metadata={"format": "pt"})


def _readme(about: About, figures: Figures) -> str:
    looked = "none" if figures.eval_loss is None else f"{figures.eval_loss:.4f}"
    options = "\n".join(f"| {name} | {value} |" for name, value in about.options.model_dump(mode="json").items())
    return f"""---
base_model: {about.options.base}
library_name: peft
pipeline_tag: text-generation
---
# {about.name}

A LoRA adapter for {about.options.base}, tuned to call Sommelier's tools and to write its replies.

- Begun from: {about.start or "a fresh adapter"}
- Rows: {figures.rows} ({figures.dropped} left out, too long), SHA-256 {about.data}
- Prompts: brief style, templates {templates_hash("brief")}
- Steps: {figures.steps}; training loss {figures.loss:.4f}; best held-out loss {looked}
- Hardware: {about.hardware}; {figures.seconds:.0f} s since last started

| option | value |
|---|---|
{options}
"""
