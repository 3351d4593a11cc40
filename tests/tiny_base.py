"""A base of a few thousand weights, in a folder as Hugging Face has it, with the tokenizer of the model in the box."""

from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from agent.base_model import load_tokenizer
from finetune.rows import Row, RowMessage


def tiny_base(folder: Path, seed: int = 0) -> str:
    """Make one; its name for `load_base`."""
    tokenizer = load_tokenizer()
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=24,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=6,
        num_key_value_heads=2,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def tiny_rows(count: int, prefix: str = "train") -> list[Row]:
    """Plans that two catalogues ask for, the same at each call."""
    systems = ("Tool calls of films.\nyear: 1950 to 2023", "Tool calls of gifts, which are many.\nprice: 1 to 90")
    return [
        Row(
            id=f"{prefix}-{number}",
            call="plan",
            source="films",
            dialogue=f"{prefix}-{number}",
            language="en",
            tool="search",
            messages=(
                RowMessage(role="system", content=systems[number % 2]),
                RowMessage(role="user", content=f"message: {'something ' * (number % 3)}from {1950 + number}"),
            ),
            completion=f'[{{"name":"search","parameters":{{"query":"{1950 + number}"}}}}]',
        )
        for number in range(count)
    ]
