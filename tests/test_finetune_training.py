"""Runs of training on a tiny base: what comes out, going on after a stop, and what is in the way."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from agent.adapters import check_adapter, read_card
from agent.base_model import load_adapter, load_base, load_tokenizer
from finetune.encode import encode
from finetune.options import Options, options_of
from finetune.rows import write_rows
from finetune.sft import Job, train
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


def loss_of(model: torch.nn.Module, tokenizer: object) -> float:
    """Mean loss of a completion, with nothing of the trainer's."""
    losses = []
    for example in encode(tiny_rows(4), load_tokenizer()):
        labels = torch.tensor([[-100] * (len(example) - len(example.completion)) + list(example.completion)])
        with torch.no_grad():
            losses.append(float(model(input_ids=torch.tensor([example.ids]), labels=labels).loss))
    return sum(losses) / len(losses)
