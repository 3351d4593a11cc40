"""Bases and adapters: what loads, and what is refused with a reason."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import PreTrainedModel

from agent.base_model import BUNDLED, load_adapter, load_base, load_tokenizer
from agent.errors import ModelMisconfigured

ASKED = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "A film from 1999 你好🙂?"}]


@pytest.fixture(scope="module")
def base() -> PreTrainedModel:
    return load_base()[0]


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fixed adapter with random weights, as it is saved after training."""
    torch.manual_seed(7)
    tuned = get_peft_model(load_base()[0], LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False))
    folder = tmp_path_factory.mktemp("adapter")
    tuned.save_pretrained(str(folder), save_embedding_layers=False)
    return folder


def logits(model: torch.nn.Module) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(torch.arange(5, 40)[None]).logits
    return found


def test_the_chat_format_is_chatml_and_every_sign_comes_back() -> None:
    tokenizer = load_tokenizer()
    ids = tokenizer.apply_chat_template(ASKED, add_generation_prompt=True)["input_ids"]
    assert tokenizer.decode(ids) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nA film from 1999 你好🙂?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert tokenizer.eos_token == "<|im_end|>"


def test_the_base_reads_a_known_sentence_as_it_was_trained_to(base: PreTrainedModel) -> None:
    tokenizer = load_tokenizer()
    with torch.no_grad():
        scores = base(**tokenizer("The capital of France is", return_tensors="pt")).logits[0, -1]
    assert tokenizer.decode([int(scores.argmax())]) == " Paris"
    assert base.name_or_path == BUNDLED
    assert base.dtype == torch.float32


def test_an_adapter_changes_the_base_and_knows_whose_it_is(adapter: Path, base: PreTrainedModel) -> None:
    before = logits(base)
    tuned = load_adapter(load_base()[0], adapter)
    assert not torch.allclose(logits(tuned), before, atol=0.1)
    assert json.loads((adapter / "adapter_config.json").read_text())["base_model_name_or_path"] == BUNDLED


def test_a_merged_copy_is_a_base_of_its_own(adapter: Path, tmp_path: Path) -> None:
    tuned = load_adapter(load_base()[0], adapter)
    expected = logits(tuned)
    tuned.merge_and_unload().save_pretrained(str(tmp_path))
    load_tokenizer().save_pretrained(str(tmp_path))
    merged, _ = load_base(str(tmp_path))
    assert torch.allclose(logits(merged), expected, atol=0.01)


def _cut(folder: Path) -> None:
    weights = folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])


def _other_base(folder: Path) -> None:
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps({**config, "base_model_name_or_path": "Qwen/Qwen3-8B"}))


def _other_layers(folder: Path) -> None:
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps({**config, "target_modules": ["q_proj"]}))


def _other_rank(folder: Path) -> None:
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps({**config, "r": 8}))


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "the weights are missing": (lambda f: (f / "adapter_model.safetensors").unlink(), "has no adapter_model"),
    "the weights are cut": (_cut, "cannot be loaded"),
    "the weights are no weights": (
        lambda f: (f / "adapter_model.safetensors").write_bytes(b"x" * 99),
        "cannot be load",
    ),
    "the configuration is missing": (lambda f: (f / "adapter_config.json").unlink(), "there is no adapter at"),
    "the configuration is no JSON": (lambda f: (f / "adapter_config.json").write_text("{"), "cannot be read"),
    "the configuration is another file": (lambda f: (f / "adapter_config.json").write_text("[]"), "is not the config"),
    "it is of another base": (_other_base, "was tuned on 'Qwen/Qwen3-8B' and not on 'smollm2-135m'"),
    "it has weights for other layers": (_other_layers, "does not fit its base"),
    "it has another rank": (_other_rank, "cannot be loaded"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_adapter_is_refused_in_one_line_when(
    case: str, adapter: Path, base: PreTrainedModel, tmp_path: Path
) -> None:
    folder = tmp_path / "adapter"
    copytree(adapter, folder)
    spoil, told = BAD[case]
    spoil(folder)
    with pytest.raises(ModelMisconfigured, match=told) as caught:
        load_adapter(base, folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["/nowhere/at/all", "./nowhere"])
def test_a_base_that_is_not_there_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ModelMisconfigured, match=name):
        load_base(name)


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    load_tokenizer().save_pretrained(str(tmp_path))
    with pytest.raises(ModelMisconfigured, match="cannot be loaded"):
        load_base(str(tmp_path))
