"""What `finetune train` and `finetune export` tell on the terminal."""

import logging
import warnings
from pathlib import Path

from finetune.export import Numbers, export_adapter, export_base, export_merged
from finetune.options import Options
from finetune.sft import Job, train


def tune(rows: Path, out: Path, held_out: Path | None, start: Path | None, options: Options, *, resume: bool) -> None:
    """Tune, and print where the adapter is and its figures."""
    logging.getLogger("finetune").setLevel(logging.INFO)
    warnings.filterwarnings("ignore", category=FutureWarning)
    trained = train(Job(rows, out, held_out, start, resume), options)
    told = trained.figures
    if trained.before:
        print("this run was finished before; nothing was done")
    looked = "" if told.eval_loss is None else f", held out {told.eval_loss:.4f}"
    left = f" ({told.dropped} too long)" if told.dropped else ""
    print(f"{told.rows} rows{left}, {told.steps} steps, loss {told.loss:.4f}{looked}, {told.seconds:.0f} s")
    print(f"adapter: {trained.adapter}")


def export(what: str, out: Path, numbers: Numbers, *, merged: bool, base: bool) -> None:
    """Write what a server loads, and print the line that loads it."""
    if base:
        print(f"vllm serve {export_base(what, out, numbers)}")
    elif merged:
        print(f"vllm serve {export_merged(Path(what), out, numbers)}")
    else:
        place = export_adapter(Path(what), out)
        print(f"vllm serve BASE --enable-lora --lora-modules {place.name}={place}")
