"""What is written for a server is the tuned model: the same logits, its tokenizer and chat template, all or nothing."""

from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from agent.adapters import check_adapter
from agent.base_model import load_adapter, load_base
from agent.errors import ModelMisconfigured
from finetune.errors import ExportFailed, NoSpace
from finetune.export import export_adapter, export_base, export_merged
from finetune.options import options_of
from finetune.rows import write_rows
from finetune.sft import Job, train
from tests.tiny_base import tiny_base, tiny_rows
from ui.cli import main

IDS = torch.arange(200, 240)[None]


def logits(model: PreTrainedModel | PeftModel) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(input_ids=IDS).logits
    return found


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def adapter(base: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    write_rows(folder / "rows.jsonl", tiny_rows(8))
    given = {"base": base, "max_steps": 5, "lr": 0.05, "threads": 1, "reports": (), "precision": "float32"}
    return train(Job(folder / "rows.jsonl", folder / "out"), options_of("smoke", given=given)).adapter


def test_a_merged_model_has_the_logits_of_its_base_with_the_adapter(base: str, adapter: Path, tmp_path: Path) -> None:
    expected = logits(load_adapter(load_base(base)[0], adapter))
    merged = AutoModelForCausalLM.from_pretrained(export_merged(adapter, tmp_path / "merged", "float32"))
    assert torch.allclose(logits(merged), expected, atol=1e-5)
    assert not torch.allclose(logits(merged), logits(load_base(base)[0]), atol=1e-3)
    assert list((tmp_path / "merged").glob("*.safetensors"))


def test_an_exported_base_is_the_base_in_the_numbers_asked_for(base: str, tmp_path: Path) -> None:
    exact = AutoModelForCausalLM.from_pretrained(export_base(base, tmp_path / "exact", "float32"))
    assert torch.equal(logits(exact), logits(load_base(base)[0]))
    half = AutoModelForCausalLM.from_pretrained(export_base(base, tmp_path / "half"), dtype="auto")
    assert half.dtype == torch.bfloat16


def test_the_base_in_the_box_comes_out_as_a_folder_that_reads_the_same(tmp_path: Path) -> None:
    box, tokenizer = load_base()
    out = export_base("smollm2-135m", tmp_path / "box")
    assert torch.equal(logits(AutoModelForCausalLM.from_pretrained(out)), logits(box))
    chat = [{"role": "system", "content": "Tools."}, {"role": "user", "content": "a film 电影"}]
    read = AutoTokenizer.from_pretrained(out)
    assert read.apply_chat_template(chat, add_generation_prompt=True, tokenize=False) == tokenizer.apply_chat_template(
        chat, add_generation_prompt=True, tokenize=False
    )
    assert read("a film 电影")["input_ids"] == tokenizer("a film 电影")["input_ids"]


def test_an_exported_adapter_loads_and_has_the_tokenizer_beside_it(base: str, adapter: Path, tmp_path: Path) -> None:
    out = export_adapter(adapter, tmp_path / "served")
    check_adapter(out)
    assert AutoTokenizer.from_pretrained(out).chat_template
    assert torch.equal(logits(load_adapter(load_base(base)[0], out)), logits(load_adapter(load_base(base)[0], adapter)))


def test_nothing_is_written_over_and_nothing_half_written_stays(base: str, adapter: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("kept")
    with pytest.raises(ExportFailed, match="is there already; give another --out"):
        export_adapter(adapter, tmp_path / "mine")
    with pytest.raises(NoSpace, match="free some space"):
        export_base(base, tmp_path / "none", free=lambda _: 1000)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_damaged_adapter_is_not_exported(adapter: Path, tmp_path: Path) -> None:
    out = export_adapter(adapter, tmp_path / "copy")
    weights = out / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8] + b"damaged!")
    with pytest.raises(ModelMisconfigured, match="is damaged"):
        export_merged(out, tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_the_command_prints_the_line_that_serves(
    adapter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["finetune", "export", str(adapter), "--out", str(tmp_path / "one")]) == 0
    assert f"--lora-modules one={tmp_path / 'one'}" in capsys.readouterr().out
    assert main(["finetune", "export", str(adapter), "--out", str(tmp_path / "no"), "--merged", "--base"]) == 2
    assert "one too many" in capsys.readouterr().err
