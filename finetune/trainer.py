"""TRL's trainer with what a run here needs: the head on completions only, checkpoints by time, a stop that saves, and
an error before the disk is full."""

import errno
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import torch
from accelerate import PartialState
from accelerate.utils import gather_object
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import SFTTrainer

from finetune.errors import NoSpace
from finetune.shared_prefix import IGNORED

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FreeSpace: TypeAlias = Callable[[Path], int]
"""Bytes that a folder's disk has left."""


def free_space(folder: Path) -> int:
    """Ask the file system; of the nearest folder that is there."""
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.is_dir())
    return shutil.disk_usage(there).free


class Trainer(SFTTrainer):  # type: ignore[misc]  # mypy does not read trl
    """SFT whose checkpoints are whole or not there."""

    checkpoint_bytes: int = 0
    """What a checkpoint takes, about."""
    free_space: FreeSpace = staticmethod(free_space)

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """On a CPU the head, a third of a small model, runs on completions only, and nothing else is measured on its
        output. TRL does both on a GPU with kernels of its own."""
        if self.args.device.type != "cpu":
            loss: Tensor = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            return loss
        labels = inputs["labels"][:, 1:]
        given = {name: value for name, value in inputs.items() if name != "labels"}
        counted = labels != IGNORED
        logits = model(**given, use_cache=False, logits_to_keep=pad(counted, (0, 1))).logits
        total = cross_entropy(logits.flatten(0, -2).float(), labels[counted], reduction="sum")
        if num_items_in_batch is None:
            return total / counted.sum()
        # It counts the tokens of all processes, and their gradients are averaged.
        scaled: Tensor = total / num_items_in_batch * self.accelerator.num_processes
        return scaled

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Tensor] | None = None) -> None:
        """The adapter alone: a tokenizer is the base's, and PEFT would ask a hub about its vocabulary."""
        if self.args.should_save:
            tuned = self.accelerator.unwrap_model(self.model)
            tuned.save_pretrained(
                output_dir or self.args.output_dir, state_dict=state_dict, save_embedding_layers=False
            )

    def _send_telemetry(self) -> None:
        """TRL tells its makers of every run; what is tuned here, and on what, is nobody else's business."""

    def _save_checkpoint(self, model: nn.Module, trial: None) -> None:
        """Write a checkpoint; NoSpace leaves those before as they are and nothing half-written."""
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        was_there = folder.is_dir()
        with enough_space(Path(self.args.output_dir), self.checkpoint_bytes, self.free_space):
            try:
                super()._save_checkpoint(model, trial)
            except BaseException:
                if not was_there:
                    shutil.rmtree(folder, ignore_errors=True)
                raise


@contextmanager
def enough_space(folder: Path, wanted: int, free: FreeSpace = free_space) -> Iterator[None]:
    """NoSpace if `wanted` bytes are not free, or if what is written in the block does not fit."""
    left = free(folder)
    if left < wanted:
        raise NoSpace(
            f"{str(folder)!r} has {left / 1e6:,.0f} MB left and {wanted / 1e6:,.0f} MB are to be written; "
            f"free some space and run the same command: it goes on from the last checkpoint"
        )
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        if not _is_full(error):
            raise
        raise NoSpace(
            f"{str(folder)!r} is full ({error}); free some space and run the same command: "
            f"it goes on from the last checkpoint"
        ) from error


def _is_full(error: Exception) -> bool:
    """The writers of torch and safetensors tell of a full disk in words."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FULL
    words = ("no space left", "file too large", "quota exceeded", "os error 28", "os error 27", "file write failed")
    chain = (error, error.__cause__, error.__context__)
    return any(word in str(link).lower() for link in chain if link is not None for word in words)


class Saving(TrainerCallback):  # type: ignore[misc]  # nor transformers
    """Asks for a checkpoint each `seconds`, and for one and the end when `stopping` says so; looks once more at the
    held-out rows at the end."""

    def __init__(self, seconds: float, stopping: Callable[[], bool]) -> None:
        self._seconds, self._stopping = seconds, stopping
        self._last = time.monotonic()

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Start the clock."""
        self._last = time.monotonic()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Decide after each step."""
        stop, save = _agreed(self._stopping(), time.monotonic() - self._last >= self._seconds)
        if stop:
            # No look at held-out rows: a look decides about saving anew, and takes long.
            control.should_save, control.should_evaluate, control.should_training_stop = True, False, True
        elif save:
            control.should_save = True
        elif state.global_step >= state.max_steps and args.eval_strategy != "no":
            control.should_evaluate = True

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Start the clock anew."""
        self._last = time.monotonic()


def _agreed(stop: bool, save: bool) -> tuple[bool, bool]:
    """The same for all processes of a run, whose clocks and signals differ: saving is work for all at once."""
    if PartialState().num_processes == 1:
        return stop, save
    wishes: list[tuple[bool, bool]] = gather_object([(stop, save)])
    return any(stopping for stopping, _ in wishes), wishes[0][1]


def bytes_of_checkpoint(model: nn.Module) -> int:
    """The trained weights, two moments of each, and some for the rest."""
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return trained * torch.finfo(torch.float32).bits // 8 * 3 + 2_000_000
