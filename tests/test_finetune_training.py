"""Runs of training on a tiny base: what comes out, going on after a stop, and what is in the way."""

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from peft import get_peft_model
from safetensors.torch import load_file
from transformers import PreTrainedTokenizerBase

from agent.adapters import check_adapter, read_card
from agent.base_model import load_adapter, load_base, load_tokenizer
from agent.config import ROOT
from finetune.encode import Example, encode
from finetune.errors import BadOptions, BadRows, MissingPart, NoSpace, OtherRun
from finetune.hardware import Hardware, hardware_for
from finetune.loading import lora_of, tunable
from finetune.options import Options, options_of, preset_names
from finetune.rows import write_rows
from finetune.sft import Job, main, train
from tests.tiny_base import tiny_base, tiny_rows


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    write_rows(folder / "train.jsonl", tiny_rows(24))
    write_rows(folder / "val.jsonl", tiny_rows(6, "val"))
    return folder


def quick(base: str, **more: object) -> Options:
    """A few steps on a tiny base."""
    given = {
        "base": base,
        "window": 200,
        "max_steps": 6,
        "lr": 0.02,
        "threads": 1,
        "precision": "float32",
        "reports": (),
    }
    return options_of("smoke", given=given | more)


@pytest.mark.parametrize(
    ("packing", "precision"), [("shared", "float32"), ("shared", "bf16"), ("trl", "float32"), ("none", "bf16")]
)
def test_a_run_ends_with_an_adapter_that_knows_its_rows_better(
    tmp_path: Path, base: str, rows: Path, packing: str, precision: str
) -> None:
    given = {"packing": packing, "precision": precision, "max_steps": 30}
    trained = train(Job(rows / "train.jsonl", tmp_path), quick(base, **given))
    check_adapter(trained.adapter)
    assert read_card(trained.adapter).base == base
    assert {tensor.dtype for tensor in load_file(trained.adapter / "adapter_model.safetensors").values()} == {
        torch.float16
    }
    model, tokenizer = load_base(base)
    before = loss_of(model, tokenizer)
    assert loss_of(load_adapter(model, trained.adapter), tokenizer) < before - 0.2


def loss_of(model: torch.nn.Module, tokenizer: PreTrainedTokenizerBase) -> float:
    """Mean loss of a completion."""
    losses = losses_of(model, encode(tiny_rows(4), tokenizer))
    return sum(losses) / len(losses)


def losses_of(model: torch.nn.Module, examples: Sequence[Example]) -> list[float]:
    """Mean loss of every completion, row by row, with nothing of the trainer's."""
    losses = []
    for example in examples:
        labels = torch.tensor([[-100] * (len(example) - len(example.completion)) + list(example.completion)])
        with torch.no_grad():
            losses.append(float(model(input_ids=torch.tensor([example.ids]), labels=labels).loss))
    return losses


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_gradients_flow_into_the_adapter_alone(base: str, precision: str) -> None:
    options = quick(base, precision=precision)
    model, _ = tunable(options, hardware_for(options), None)
    tuned = get_peft_model(model, lora_of(options))
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        tuned(input_ids=torch.arange(100, 120)[None], labels=torch.arange(100, 120)[None]).loss.backward()
    touched = {name for name, weights in tuned.named_parameters() if weights.grad is not None}
    assert touched and all("lora_" in name for name in touched)
    layers = {name.split("layers.")[1].split(".lora_")[0] for name in touched}
    assert len(layers) == 2 * 7, "all linear layers of both blocks"
    assert {weights.dtype for name, weights in tuned.named_parameters() if "lora_" in name} == {torch.float32}


def test_a_run_that_gets_no_better_ends_early_with_the_best_weights(tmp_path: Path, base: str, rows: Path) -> None:
    options = quick(base, max_steps=60, lr=0.5, eval_every=1, patience=2)
    trained = train(Job(rows, tmp_path), options)
    assert trained.figures.steps < 60
    best = trained.figures.eval_loss
    assert best is not None
    model, tokenizer = load_base(base)
    examples = encode(tiny_rows(6, "val"), tokenizer)
    tuned = load_adapter(model, trained.adapter)
    summed = sum(
        mean * len(example.completion) for mean, example in zip(losses_of(tuned, examples), examples, strict=True)
    )
    assert summed / sum(len(example.completion) for example in examples) == pytest.approx(best, rel=0.02)


def test_rows_too_long_for_the_window_are_counted_and_told(
    tmp_path: Path, base: str, rows: Path, caplog: pytest.LogCaptureFixture
) -> None:
    longest = max(map(len, encode(tiny_rows(24), load_tokenizer())))
    trained = train(Job(rows / "train.jsonl", tmp_path / "some"), quick(base, window=longest - 1, max_steps=1))
    assert trained.figures.dropped > 0 and trained.figures.rows + trained.figures.dropped == 24
    assert f"{trained.figures.dropped} of 24 rows are longer than {longest - 1} tokens" in caplog.text
    with pytest.raises(BadRows, match="none of 24 rows fits 16 tokens; raise the window"):
        train(Job(rows / "train.jsonl", tmp_path / "none"), quick(base, window=16))


def test_a_finished_run_is_not_run_again_nor_taken_for_another(tmp_path: Path, base: str, rows: Path) -> None:
    job = Job(rows / "train.jsonl", tmp_path / "run")
    first = train(job, quick(base, max_steps=1))
    written = (first.adapter / "adapter_model.safetensors").stat().st_mtime_ns
    again = train(job, quick(base, max_steps=1, eval_every=9))
    assert again.before and again.figures == first.figures
    assert (first.adapter / "adapter_model.safetensors").stat().st_mtime_ns == written
    with pytest.raises(OtherRun, match="whose rank is 4, not 8; give another --out"):
        train(job, quick(base, max_steps=1, rank=8))
    with pytest.raises(OtherRun, match="whose base is"):
        train(job, quick(tiny_base(tmp_path / "other", seed=1), max_steps=1))
    with pytest.raises(OtherRun, match="without --no-resume"):
        train(Job(job.rows, job.out, resume=False), quick(base, max_steps=1))


def test_without_room_for_checkpoints_a_run_does_not_begin(tmp_path: Path, base: str, rows: Path) -> None:
    with pytest.raises(NoSpace, match=r"has 1 MB left and .+ free some space"):
        train(Job(rows, tmp_path / "run"), quick(base), free=lambda _: 1_000_000)
    assert not list(tmp_path.rglob("checkpoint-*"))


def test_presets_are_whole_and_name_a_base() -> None:
    assert preset_names() == ("box", "gpu-8b", "smoke")
    assert options_of("gpu-8b").base == "Qwen/Qwen3-8B"
    box = options_of("box", ["rank=8", "reports="])
    assert (box.base, box.rank, box.alpha, box.reports) == ("smollm2-135m", 8, 32, ())


@pytest.mark.parametrize(
    ("preset", "setting", "told"),
    [
        ("bx", "rank=8", "there is no preset 'bx'; take one of box"),
        ("box", "rank", "the setting 'rank' is not NAME=VALUE"),
        ("box", "rank=0", "the option 'rank' cannot be '0'"),
        ("box", "packing=tight", "the option 'packing' cannot be 'tight'"),
        ("box", "ranks=8", "the option 'ranks' cannot be '8'.*options are base, rank"),
    ],
)
def test_an_option_that_cannot_be_is_told(preset: str, setting: str, told: str) -> None:
    with pytest.raises(BadOptions, match=told):
        options_of(preset, [setting])


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU has what is asked for")
def test_what_the_machine_cannot_do_is_told_before_anything_is_loaded() -> None:
    with pytest.raises(MissingPart, match="four_bit needs a GPU"):
        hardware_for(options_of("box", ["four_bit=true"]))
    with pytest.raises(BadOptions, match="precision='fp16' needs a GPU"):
        hardware_for(options_of("box", ["precision=fp16"]))
    with pytest.raises(BadOptions, match="batch=4 does not go with packing=shared; set accumulation=4"):
        hardware_for(options_of("box", ["batch=4"]))
    assert isinstance(hardware_for(options_of("box", ["precision=bf16"])), Hardware)


@pytest.mark.skipif(find_spec("wandb") is not None, reason="wandb is installed")
def test_a_report_that_needs_a_library_says_which() -> None:
    with pytest.raises(MissingPart, match="pip install wandb"):
        hardware_for(options_of("box", ["reports=wandb"]))


def test_the_model_in_the_box_learns_in_the_smoke_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(tmp_path / "rows.jsonl", tiny_rows(4))
    given = ["--preset", "smoke", "--set", "max_steps=2", "--set", "window=200"]
    assert main([str(tmp_path / "rows.jsonl"), "--out", str(tmp_path / "run"), *given]) == 0
    check_adapter(tmp_path / "run" / "adapter")
    assert list(tmp_path.glob("run/checkpoints/runs/*/events*")), "TensorBoard has its file"
    assert main([str(tmp_path / "missing.jsonl"), "--out", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("finetune: ")


@pytest.mark.skipif("SOMMELIER_TEST_PROCESSES" not in os.environ, reason="set SOMMELIER_TEST_PROCESSES=1 to run it")
def test_two_processes_under_accelerate_train_as_one(tmp_path: Path, base: str, rows: Path) -> None:
    """The configuration is the one for several GPUs, told to use CPUs: there it spreads rows and not weights."""
    spread = (ROOT / "finetune" / "accelerate_fsdp.yaml").read_text(encoding="utf-8")
    config = tmp_path / "two.yaml"
    config.write_text(spread.replace("mixed_precision: bf16", 'mixed_precision: "no"\nuse_cpu: true'))
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(config), "-m", "finetune.sft"]
    given = {"base": base, "window": 200, "max_steps": 2, "threads": 1, "reports": "", "precision": "float32"}
    settings = [part for name, value in given.items() for part in ("--set", f"{name}={value}")]
    done = subprocess.run(
        [*launch, str(rows / "train.jsonl"), "--out", str(tmp_path / "two"), "--preset", "smoke", *settings],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[:8000]
    assert len(list(tmp_path.glob("two/checkpoints/checkpoint-2/rng_state_*"))) == 2, "two processes took part"
    alone = train(Job(rows / "train.jsonl", tmp_path / "one"), quick(base, max_steps=2, lr=6e-4)).figures
    together = read_card(tmp_path / "two" / "adapter").figures
    assert together["loss"] == pytest.approx(alone.loss, rel=0.02)
