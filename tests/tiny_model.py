"""A language model of a few thousand weights, and adapters for it, as files."""

import json
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

from agent.base_model import load_tokenizer


def tiny_base(folder: Path, hidden: int = 32, layers: int = 2) -> Path:
    """A Llama that chats in the format of the model in the box."""
    torch.manual_seed(0)
    sizes = {"hidden_size": hidden, "intermediate_size": 2 * hidden, "num_hidden_layers": layers}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 2048}
    LlamaForCausalLM(LlamaConfig(vocab_size=49_152, tie_word_embeddings=True, **sizes, **heads)).save_pretrained(folder)
    load_tokenizer().save_pretrained(folder)
    return folder


def random_adapter(base: Path, folder: Path, seed: int = 0, rank: int = 4, scale: float = 0.02) -> Path:
    """An adapter with random weights on all linear layers of a base."""
    torch.manual_seed(seed)
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")
    tuned = get_peft_model(LlamaForCausalLM.from_pretrained(base), config)
    for name, weight in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=scale)
    tuned.save_pretrained(folder)
    return folder


def scaled_adapter(adapter: Path, folder: Path, factor: float) -> Path:
    """The same adapter with more or less effect, and without a card: its sums are another's."""
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_bytes((adapter / "adapter_config.json").read_bytes())
    weights = load_file(adapter / "adapter_model.safetensors")
    save_file({n: w * factor if "lora_B" in n else w for n, w in weights.items()}, folder / "adapter_model.safetensors")
    return folder


def edited(adapter: Path, folder: Path, **config: object) -> Path:
    """A copy of an adapter whose configuration says something else."""
    scaled_adapter(adapter, folder, 1.0)
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **config}))
    return folder
