"""Models in this process for tests: a tiny one with random weights, and the one in the box."""

from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from agent.base_model import BUNDLED, load_base, load_tokenizer
from agent.config import Settings
from agent.llm_local import Local, open_local


def small_base(folder: Path, seed: int = 3) -> str:
    """A Llama of two layers that says anything; its name for `load_base`."""
    tokenizer = load_tokenizer()
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        eos_token_id=tokenizer.eos_token_id,
        initializer_range=0.2,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def random_adapter(base: str, folder: Path) -> Path:
    """An adapter on all layers, far from doing nothing."""
    torch.manual_seed(5)
    tuned = get_peft_model(load_base(base)[0], LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False))
    tuned.save_pretrained(str(folder), save_embedding_layers=False)
    return folder


def boxed() -> Local:
    """The model in the box, tuned if its adapter is there."""
    settings = Settings()
    adapter = settings.local_adapter if settings.local_adapter.is_dir() else None
    return open_local(BUNDLED, adapter, settings.models)
