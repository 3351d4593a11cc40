"""What a model can do, row by row: how surprised it is by the right completion, and whether it would write just that.

A greedy decoder writes a completion to the letter exactly when, fed with it, every next token is the likeliest one. So
one pass over a row, without decoding, tells its loss, whether the whole plan comes out, and whether the first tool is
right.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

from finetune.encode import Example, encode
from finetune.figures import ALL, REPLY, Skill
from finetune.rows import Row

_NAME = re.compile(r'"name"\s*:\s*"[^"]*"')


class Score(BaseModel):
    """How a model did on one row."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: str
    tool: str
    loss: float
    """Mean over the tokens of the completion, in nats."""
    exact: bool
    """Greedy decoding writes the completion to the letter."""
    chosen: bool
    """Greedy decoding writes it as far as the name of the first tool; of a reply, the whole."""


_SCORES = TypeAdapter(tuple[Score, ...])


def score(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[Row],
    tell: Callable[[], None] = lambda: None,
) -> tuple[Score, ...]:
    """Score rows in their order; the keys and values of a system message are computed once for all rows behind it."""
    examples, found = encode(rows, tokenizer), {}
    numbers = sorted(range(len(rows)), key=lambda n: examples[n].prefix)
    for prefix, group in groupby(numbers, key=lambda n: examples[n].prefix):
        cache = _cached(model, prefix)
        for n in group:
            found[n] = _scored(rows[n], examples[n], cache, model, tokenizer)
            cache.crop(-len(examples[n].segment))
            tell()
    return tuple(found[n] for n in range(len(rows)))


def skills(scores: Iterable[Score]) -> Mapping[str, Skill]:
    """Figures by tool, replies among them, and of all plans together."""
    listed = sorted(scores, key=lambda s: s.tool)
    by_tool = {tool: _skill(list(group)) for tool, group in groupby(listed, key=lambda s: s.tool)}
    plans = [s for s in listed if s.tool != REPLY]
    return {ALL: _skill(plans), **by_tool} if plans else by_tool


def read_scores(path: Path) -> tuple[Score, ...] | None:
    """Scores that were kept; None when there are none, or not whole ones."""
    try:
        return _SCORES.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def scores_text(scores: Sequence[Score]) -> str:
    """Scores as they are kept."""
    return _SCORES.dump_json(tuple(scores)).decode()


def _skill(scores: Sequence[Score]) -> Skill:
    count = len(scores)
    return Skill(
        count,
        sum(s.loss for s in scores) / count,
        sum(s.exact for s in scores) / count,
        sum(s.chosen for s in scores) / count,
    )


@torch.inference_mode()
def _cached(model: PreTrainedModel, prefix: tuple[int, ...]) -> DynamicCache:
    cache = DynamicCache()
    if prefix:
        model(torch.tensor([prefix], device=model.device), cache=cache, use_cache=True, logits_to_keep=1)
    return cache


@torch.inference_mode()
def _scored(
    row: Row, example: Example, cache: DynamicCache, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> Score:
    wanted = torch.tensor(example.completion, device=model.device)
    logits = model(
        torch.tensor([example.segment], device=model.device),
        cache=cache,
        use_cache=True,
        logits_to_keep=len(wanted) + 1,
    ).logits[0, :-1]
    loss = torch.nn.functional.cross_entropy(logits.float(), wanted)
    right = (logits.argmax(-1) == wanted).tolist()
    return Score(
        id=row.id,
        tool=row.tool,
        loss=float(loss),
        exact=all(right),
        chosen=all(right[: _head(row.completion, tokenizer)]),
    )


def _head(completion: str, tokenizer: PreTrainedTokenizerBase) -> int | None:
    """Tokens until the first tool is named; None: all of them."""
    named = _NAME.search(completion)
    if named is None:
        return None
    offsets = tokenizer(completion, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    return sum(1 for start, _ in offsets if start < named.end())
