"""Options as TRL takes them, and examples as its data."""

from collections.abc import Callable, Sequence
from pathlib import Path

from datasets import Dataset
from trl import SFTConfig

from finetune.encode import Example
from finetune.hardware import Hardware
from finetune.options import Options
from finetune.shared_prefix import IGNORED, collate, pack


def arguments_of(options: Options, hardware: Hardware, out: Path, *, looks: bool) -> SFTConfig:
    """TRL's arguments. With held-out rows the best weights are kept and taken at the end; checkpoints by time are asked
    for by `trainer.Saving`."""
    shared = options.packing == "shared"
    return SFTConfig(
        output_dir=str(out / "checkpoints"),
        num_train_epochs=options.epochs,
        max_steps=options.max_steps or -1,
        learning_rate=options.lr,
        lr_scheduler_type="cosine",
        warmup_steps=options.warmup,
        weight_decay=options.weight_decay,
        max_grad_norm=options.max_grad_norm,
        per_device_train_batch_size=options.batch,
        per_device_eval_batch_size=options.batch,
        gradient_accumulation_steps=options.accumulation,
        gradient_checkpointing=options.checkpointing,
        packing=options.packing == "trl",
        max_length=None if shared else options.window,
        dataset_kwargs={"skip_prepare_dataset": True} if shared else None,
        remove_unused_columns=not shared,
        eval_strategy="steps" if looks else "no",
        eval_steps=options.eval_every,
        save_strategy="best" if looks else "no",
        load_best_model_at_end=looks,
        metric_for_best_model="eval_loss" if looks else None,
        greater_is_better=False,
        save_total_limit=options.keep,
        prediction_loss_only=True,
        bf16=hardware.precision == "bf16",
        fp16=hardware.precision == "fp16",
        use_cpu=not hardware.gpu,
        dataloader_pin_memory=hardware.gpu,
        logging_steps=10,
        logging_first_step=True,
        report_to=list(options.reports) or "none",
        seed=options.seed,
        data_seed=options.seed,
    )


def dataset_of(examples: Sequence[Example], options: Options) -> Dataset:
    """Sequences for shared packing, rows otherwise."""
    if options.packing == "shared":
        return Dataset.from_list([dict(p.features()) for p in pack(examples, options.window, options.seed)])
    return Dataset.from_list(
        [
            {
                "input_ids": list(e.ids),
                "labels": [IGNORED] * (len(e.ids) - len(e.completion)) + list(e.completion),
            }
            for e in examples
        ]
    )


def collator_of(options: Options) -> Callable[..., object] | None:
    """None: TRL's own."""
    return collate if options.packing == "shared" else None
