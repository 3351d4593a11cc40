"""Many rows behind one system message: the prompt that rows of a catalogue share is computed once a sequence.

A sequence is [prefix][segment][segment]… The positions of every segment go on where the prefix ends, and a segment sees
the prefix and itself alone, so that its logits are those of the row on its own. The idea is Hydragen's for serving
(arXiv 2402.05099), here with gradients.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypedDict

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, PreTrainedModel

from finetune.encode import Example

ATTENTION = "shared_prefix"
"""The attention that knows segments, by the name that transformers calls it."""
IGNORED = -100
"""The label of a token that no loss counts."""


class Features(TypedDict):
    """A sequence as columns of a dataset."""

    input_ids: list[int]
    labels: list[int]
    segments: list[int]


@dataclass(frozen=True, slots=True)
class Packed:
    """Examples behind their prefix."""

    prefix: tuple[int, ...]
    examples: tuple[Example, ...]

    def features(self) -> Features:
        """Ids and labels of the sequence, and the length of its prefix and of every segment."""
        ids, labels = list(self.prefix), [IGNORED] * len(self.prefix)
        for example in self.examples:
            ids += example.segment
            labels += [IGNORED] * len(example.prompt) + list(example.completion)
        return {"input_ids": ids, "labels": labels, "segments": [len(self.prefix), *map(_length, self.examples)]}


def pack(examples: Sequence[Example], window: int, seed: int) -> list[Packed]:
    """Fill sequences of at most `window` tokens, each with rows of one prefix in random order; then mix the sequences.
    A row that is longer stands alone."""
    chance = random.Random(seed)
    groups: dict[tuple[int, ...], list[Example]] = {}
    for example in examples:
        groups.setdefault(example.prefix, []).append(example)
    packed: list[Packed] = []
    for prefix, group in groups.items():
        chance.shuffle(group)
        packed += [Packed(prefix, tuple(part)) for part in _fill(group, window - len(prefix))]
    chance.shuffle(packed)
    return packed


def collate(features: Sequence[Features]) -> dict[str, Tensor | list[int]]:
    """One sequence as a batch."""
    (only,) = features
    prefix, *segments = only["segments"]
    positions = torch.cat([torch.arange(prefix), *(torch.arange(prefix, prefix + size) for size in segments)])
    return {
        "input_ids": torch.tensor([only["input_ids"]]),
        "labels": torch.tensor([only["labels"]]),
        "position_ids": positions[None],
        "segments": [prefix, *segments],
    }


def use_in(model: PreTrainedModel) -> None:
    """Let a model run such sequences, and any others as before."""
    AttentionInterface.register(ATTENTION, attend)
    model.set_attn_implementation(ATTENTION)


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    segments: Sequence[int] = (),
    **_: object,
) -> tuple[Tensor, None]:
    """Attention within `segments`, of which the first is seen by all: query (1, heads, tokens, size), key and value
    with as many heads or fewer; returns (1, tokens, heads, size)."""
    sizes = list(segments) or [query.shape[2]]
    grouped = query.shape[1] // key.shape[1]
    prefix, longest = sizes[0], max(sizes[1:], default=0)
    seen = torch.ones(longest, prefix + longest, dtype=torch.bool, device=query.device).tril(prefix)
    queries, keys, values = (torch.split(part, sizes, 2) for part in (query, key, value))
    first = scaled_dot_product_attention(
        queries[0], keys[0], values[0], is_causal=True, scale=scaling, enable_gqa=grouped > 1
    )
    parts = [first]
    for size, *own in zip(sizes[1:], queries[1:], keys[1:], values[1:], strict=True):
        parts.append(
            scaled_dot_product_attention(
                own[0],
                torch.cat([keys[0], own[1]], 2),
                torch.cat([values[0], own[2]], 2),
                attn_mask=seen[:size, : prefix + size],
                scale=scaling,
                enable_gqa=grouped > 1,
            )
        )
    return torch.cat(parts, 2).transpose(1, 2).contiguous(), None


def _fill(examples: Sequence[Example], room: int) -> Iterator[list[Example]]:
    part: list[Example] = []
    used = 0
    for example in examples:
        size = _length(example)
        if part and used + size > room:
            yield part
            part, used = [], 0
        part.append(example)
        used += size
    if part:
        yield part


def _length(example: Example) -> int:
    return len(example.prompt) + len(example.completion)
