"""Supervised tuning of a chat model on rows, as a LoRA adapter: TRL's trainer, from rows to a folder that serves.

python -m finetune.sft rows.jsonl --out tuned --preset box
accelerate launch --config_file finetune/accelerate_fsdp.yaml -m finetune.sft rows.jsonl --out tuned --preset gpu-8b

A run that was stopped goes on from its last checkpoint when it is started again.
"""

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from accelerate import PartialState
from transformers import EarlyStoppingCallback

from agent.errors import AgentError
from finetune.adapter_files import About, Figures, write_adapter
from finetune.checkpoints import Identity, claim, newest_good
from finetune.encode import Example, encode, fitting
from finetune.errors import BadRows, FinetuneError, Interrupted, OtherRun
from finetune.hardware import Hardware, hardware_for
from finetune.loading import lora_of, tunable
from finetune.options import Options, options_of, preset_names
from finetune.rows import Row, digest, read_rows
from finetune.signals import StopRequest
from finetune.trainer import FreeSpace, Saving, Trainer, bytes_of_checkpoint, enough_space, free_space
from finetune.trainer_options import arguments_of, collator_of, dataset_of

_LOG = logging.getLogger(__name__)
MAY_CHANGE = {"eval_every", "patience", "save_minutes", "keep", "threads", "reports", "checkpointing", "precision"}
"""Options that a run may go on with though they differ: they leave the weights that are there and the order."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to tune on, and where to."""

    rows: Path
    """A file of rows, or a folder with train.jsonl and val.jsonl."""
    out: Path
    """Gets checkpoints/, logs/ and, at the end, adapter/."""
    held_out: Path | None = None
    """Rows that say when to stop; None: those of the folder, if any."""
    start: Path | None = None
    """An adapter to go on from, instead of a fresh one."""
    resume: bool = True
    """Go on from the checkpoints in `out`; if not, there must be none."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What came out."""

    adapter: Path
    figures: Figures
    before: bool = False
    """The run had been finished before."""


def train(job: Job, options: Options, free: FreeSpace = free_space) -> Trained:
    """Tune, or go on where a run was stopped; FinetuneError says what is in the way. Blocks for as long as it takes."""
    hardware = hardware_for(options)
    rows, held_out = _read(job)
    adapter = job.out / "adapter"
    data = digest(rows)
    _claim(job, options, data)
    if finished := Figures.of(adapter):
        _LOG.warning("the run in %r is finished; give another --out for a new one", str(job.out))
        return Trained(adapter, finished, before=True)
    trainer, dropped = _trainer(job, options, hardware, rows, held_out)
    trainer.free_space, trainer.checkpoint_bytes = free, bytes_of_checkpoint(trainer.model)
    with enough_space(job.out, trainer.checkpoint_bytes * (options.keep + 1), free):
        seconds, loss = _run(job, trainer, options.save_minutes)
    best = trainer.state.best_metric
    figures = Figures(len(rows) - dropped, dropped, trainer.state.global_step, loss, best, seconds)
    about = About(job.out.resolve().name, options, data, str(job.start or ""), hardware.name)
    with enough_space(job.out, trainer.checkpoint_bytes, free):
        write_adapter(trainer, adapter, about, figures)
    return Trained(adapter, figures)


def _read(job: Job) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    folder = job.rows.is_dir()
    rows = read_rows(job.rows / "train.jsonl" if folder else job.rows)
    held_out = job.held_out or (job.rows / "val.jsonl" if folder and (job.rows / "val.jsonl").is_file() else None)
    return rows, read_rows(held_out) if held_out else ()


def _claim(job: Job, options: Options, data: str) -> None:
    """Look for another run in the folder; the first process of several writes down whose it is."""
    kept = options.model_dump(mode="json", exclude=MAY_CHANGE | {"base"})
    state = PartialState()
    if state.is_main_process:
        if not job.resume and any((job.out / "checkpoints").glob("checkpoint-*")):
            raise OtherRun(f"{str(job.out)!r} holds a run; go on with it without --no-resume, or give another --out")
        claim(job.out, Identity(options.base, data, str(job.start or ""), kept))
    state.wait_for_everyone()


def _trainer(
    job: Job, options: Options, hardware: Hardware, rows: Sequence[Row], held_out: Sequence[Row]
) -> tuple[Trainer, int]:
    """The trainer, and how many rows did not fit the window."""
    model, tokenizer = tunable(options, hardware, job.start)
    examples = fitting(encode(rows, tokenizer), options.window)
    dropped = len(rows) - len(examples)
    if not examples:
        raise BadRows(str(job.rows), 0, f"none of {len(rows)} rows fits {options.window} tokens; raise the window")
    if dropped:
        _LOG.warning("%d of %d rows are longer than %d tokens and left out", dropped, len(rows), options.window)
    looked_at: list[Example] = fitting(encode(held_out, tokenizer), options.window)
    train_set = dataset_of(examples, options)
    trainer = Trainer(
        model=model,
        args=arguments_of(options, hardware, job.out, looks=bool(looked_at)),
        train_dataset=train_set,
        eval_dataset=dataset_of(looked_at, options) if looked_at else None,
        processing_class=tokenizer,
        data_collator=collator_of(options),
        peft_config=None if job.start else lora_of(options),
    )
    if looked_at and options.patience:
        trainer.add_callback(EarlyStoppingCallback(options.patience))
    _LOG.info("%d rows in %d sequences, %d held out", len(examples), len(train_set), len(looked_at))
    return trainer, dropped


def _run(job: Job, trainer: Trainer, minutes: float) -> tuple[float, float]:
    """Seconds and mean loss of the run; Interrupted when it was stopped."""
    found = newest_good(job.out / "checkpoints")
    for line in found.broken:
        _LOG.warning("%s; going on from %s", line, found.newest and found.newest.name)
    stop = StopRequest()
    trainer.add_callback(Saving(minutes * 60, stop.given))
    with stop.listening(), _bars_closed(trainer):
        result = trainer.train(resume_from_checkpoint=str(found.newest) if found.newest else None)
    if stop.given() and trainer.state.global_step < trainer.state.max_steps:
        step, steps = trainer.state.global_step, trainer.state.max_steps
        raise Interrupted(f"stopped at step {step} of {steps} and saved; run the same command to go on")
    return float(result.metrics["train_runtime"]), float(result.training_loss)


@contextmanager
def _bars_closed(trainer: Trainer) -> Iterator[None]:
    """A bar that an error left open would be drawn below the line that tells it."""
    try:
        yield
    finally:
        for callback in trainer.callback_handler.callbacks:
            for bar in (getattr(callback, name, None) for name in ("prediction_bar", "training_bar")):
                if bar is not None:
                    bar.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from a command line; the exit code."""
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.INFO)
    parser = argparse.ArgumentParser(prog="python -m finetune.sft", description="Tune a model on rows.")
    parser.add_argument("rows", type=Path, help="a file of rows, or a folder with train.jsonl and val.jsonl")
    parser.add_argument("--out", type=Path, required=True, help="where checkpoints and the adapter go")
    parser.add_argument("--preset", default="box", help=f"one of {', '.join(preset_names())}")
    parser.add_argument("--held-out", type=Path, help="rows that say when to stop")
    parser.add_argument("--start", type=Path, help="an adapter to go on from")
    parser.add_argument("--no-resume", dest="resume", action="store_false", help="refuse to go on with a run")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args(arguments)
    job = Job(given.rows, given.out, given.held_out, given.start, given.resume)
    try:
        trained = train(job, options_of(given.preset, given.settings))
    except (FinetuneError, AgentError) as error:
        sys.stderr.write(f"finetune: {error}\n")
        return 1
    _LOG.info("adapter in %r", str(trained.adapter))
    return 0


if __name__ == "__main__":
    sys.exit(main())
