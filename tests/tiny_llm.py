"""A language model that trains in a second: a random Llama of two layers, and a tokenizer of 512 tokens."""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from finetune.encode import encode
from finetune.rows import Row, RowMessage

_BEGIN, _END = "<|im_start|>", "<|im_end|>"
_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@cache
def tokenizer() -> PreTrainedTokenizerBase:
    """Bytes, and what is frequent in plans."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512, special_tokens=[_END, _BEGIN], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    made.train_from_iterator((text for r in plan_rows(30) for text in (r.completion, r.messages[1].content)), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token=_END, pad_token=_END, bos_token=_BEGIN, chat_template=_TEMPLATE
    )


def tiny_model(seed: int = 0) -> PreTrainedModel:
    """Random weights, the same for a seed."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer()),
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        tie_word_embeddings=True,
        initializer_range=0.1,
        eos_token_id=tokenizer().eos_token_id,
        pad_token_id=tokenizer().pad_token_id,
    )
    return LlamaForCausalLM(config).eval()


def tiny_base(folder: Path, rows: Sequence[Row] = (), steps: int = 0) -> str:
    """Such a model, taught on rows, as a folder that `load_base` takes; its name."""
    (taught(tiny_model(), rows, steps) if steps else tiny_model()).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return str(folder)


def row(number: int, tool: str, said: str, completion: str, source: str = "films") -> Row:
    """A row of a dialogue of its own."""
    return Row(
        id=f"{source}-{number}",
        call="reply" if tool == "reply" else "plan",
        source=source,
        dialogue=f"{source}-d{number}",
        language="en",
        tool=tool,
        messages=(
            RowMessage(role="system", content=f"Tool calls for one message to a recommender of {source}."),
            RowMessage(role="user", content=f"message: {said}"),
        ),
        completion=completion,
    )


def plan_rows(count: int, source: str = "films", words: Sequence[str] = ("heist", "space", "war")) -> list[Row]:
    """Searches, likes and thanks, in turn."""
    made = []
    for n in range(count):
        word = words[n // 3 % len(words)]
        tool, said, parameters = (
            ("search", f"something about {word} number {n}", f'{{"query":"{word}"}}'),
            ("remember", f"I love {word} number {n}", f'{{"likes":["{word}"]}}'),
            ("chat", f"thanks number {n}", '{"kind":"thanks"}'),
        )[n % 3]
        made.append(row(n, tool, said, f'[{{"name":"{tool}","parameters":{parameters}}}]', source))
    return made


def odd_rows(count: int, source: str = "shop") -> list[Row]:
    """The same messages in a catalogue where each calls for another tool."""
    calls = {"search": ("recommend", "{}"), "remember": ("search", '{"query":"any"}'), "chat": ("accept", "{}")}
    made = []
    for n, asked in enumerate(plan_rows(count, source)):
        tool, parameters = calls[asked.tool]
        text = asked.messages[1].content.removeprefix("message: ")
        made.append(row(n, tool, text, f'[{{"name":"{tool}","parameters":{parameters}}}]', source))
    return made


def taught(model: PreTrainedModel, rows: Sequence[Row], steps: int, lr: float = 0.01) -> PreTrainedModel:
    """Train all weights on all rows at once, in place."""
    torch.set_num_threads(1)
    examples = encode(rows, tokenizer())
    longest = max(map(len, examples))
    ids = torch.tensor([[*e.ids, *[0] * (longest - len(e))] for e in examples])
    unseen = torch.tensor([[n < len(e) - len(e.completion) or n >= len(e) for n in range(longest)] for e in examples])
    optimizer = torch.optim.Adam(model.parameters(), lr)
    for _ in range(steps):
        optimizer.zero_grad()
        model(ids, labels=ids.masked_fill(unseen, -100)).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model.eval()


@dataclass
class Steps:
    """Notes the steps; at one of them the process dies, as if its plug was pulled."""

    fatal: str = ""
    seen: list[str] = field(default_factory=list)

    def step(self, name: str, total: int | None = None) -> None:
        self.seen.append(name.split(" on ")[0])
        if self.fatal and name.startswith(self.fatal):
            os.kill(os.getpid(), signal.SIGKILL)

    def advance(self, units: int = 1) -> None:
        """Nothing to note."""
