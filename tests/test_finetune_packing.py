"""Rows behind a shared prefix are the rows one by one: the same logits, losses and gradients."""

import random
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from agent.base_model import load_base, load_tokenizer
from finetune.encode import Example, encode, fitting
from finetune.shared_prefix import IGNORED, Packed, collate, pack, use_in
from tests.tiny_base import tiny_base, tiny_rows


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedModel:
    return load_base(tiny_base(tmp_path_factory.mktemp("base")))[0]


def an_example(chance: random.Random, prefix: tuple[int, ...]) -> Example:
    prompt, completion = (tuple(chance.randrange(100, 9000) for _ in range(chance.randint(1, 9))) for _ in range(2))
    return Example(prefix, prompt, completion)


def loss_alone(model: PreTrainedModel, example: Example) -> tuple[Tensor, Tensor]:
    """Logits at the completion and their summed loss, of a row on its own."""
    logits = model(input_ids=torch.tensor([example.ids])).logits[0]
    at = logits[-len(example.completion) - 1 : -1]
    return at, cross_entropy(at, torch.tensor(example.completion), reduction="sum")


def loss_packed(model: PreTrainedModel, packed: Packed) -> tuple[Tensor, Tensor]:
    batch = collate([packed.features()])
    labels = batch.pop("labels")
    assert isinstance(labels, Tensor)
    counted = labels[0, 1:] != IGNORED
    at = model(**batch).logits[0, :-1][counted]
    return at, cross_entropy(at, labels[0, 1:][counted], reduction="sum")


@pytest.mark.parametrize("prefix_size", [0, 1, 30])
def test_a_packed_row_has_the_logits_loss_and_gradients_of_the_row_alone(
    model: PreTrainedModel, prefix_size: int
) -> None:
    chance = random.Random(prefix_size)
    prefix = tuple(chance.randrange(100, 9000) for _ in range(prefix_size))
    examples = [an_example(chance, prefix) for _ in range(5)]
    weights = model.model.layers[0].self_attn.k_proj.weight

    model.set_attn_implementation("eager")
    alone = [loss_alone(model, example) for example in examples]
    sum(loss for _, loss in alone).backward()
    expected, weights.grad = weights.grad, None
    use_in(model)
    logits, loss = loss_packed(model, Packed(prefix, tuple(examples)))
    loss.backward()

    assert torch.allclose(logits, torch.cat([at for at, _ in alone]), atol=1e-4)
    assert float(loss) == pytest.approx(sum(float(one) for _, one in alone), abs=1e-4)
    assert torch.allclose(weights.grad, expected, atol=1e-4)
    weights.grad = None


def test_the_model_in_the_box_reads_a_packed_row_as_the_row_alone() -> None:
    box, tokenizer = load_base()
    examples = [example for example in encode(tiny_rows(7), tokenizer) if example.prefix][::2]
    with torch.no_grad():
        alone = torch.cat([loss_alone(box, example)[0] for example in examples])
        use_in(box)
        packed = loss_packed(box, Packed(examples[0].prefix, tuple(examples)))[0]
    assert torch.allclose(packed, alone, atol=1e-3, rtol=1e-4)
    assert (packed.argmax(-1) == alone.argmax(-1)).all()


def test_a_model_that_knows_segments_reads_anything_else_as_before(model: PreTrainedModel) -> None:
    ids = torch.arange(100, 120)[None]
    with torch.no_grad():
        model.set_attn_implementation("eager")
        before = model(input_ids=ids).logits
        use_in(model)
        assert torch.allclose(model(input_ids=ids).logits, before, atol=1e-4)


def test_an_example_is_the_chat_format_with_the_system_message_as_prefix() -> None:
    tokenizer = load_tokenizer()
    (row,) = tiny_rows(1)
    (example,) = encode([row], tokenizer)
    messages = [{"role": m.role, "content": m.content} for m in row.messages]
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    assert tokenizer.decode(example.ids) == prompt + row.completion + "<|im_end|>"
    assert tokenizer.decode(example.prefix) == f"<|im_start|>system\n{row.messages[0].content}<|im_end|>\n"
    assert tokenizer.decode(example.completion) == row.completion + "<|im_end|>"


def test_only_completions_count() -> None:
    (example,) = encode(tiny_rows(1), load_tokenizer())
    features = Packed(example.prefix, (example, example)).features()
    counted = [label for label in features["labels"] if label != IGNORED]
    assert counted == [*example.completion, *example.completion]
    assert sum(features["segments"]) == len(features["input_ids"]) == len(features["labels"])


def test_rows_that_do_not_fit_are_left_out_and_none_is_cut() -> None:
    examples = encode(tiny_rows(6), load_tokenizer())
    longest = max(map(len, examples))
    kept = fitting(examples, longest - 1)
    assert kept == [example for example in examples if len(example) < longest]


@given(
    sizes=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 40)), min_size=1, max_size=60),
    window=st.integers(16, 120),
    seed=st.integers(0, 99),
)
def test_packing_keeps_every_row_once_behind_its_own_prefix(
    sizes: list[tuple[int, int]], window: int, seed: int
) -> None:
    examples = [Example((1,) * (5 * kind), (2,) * size, (3, number)) for number, (kind, size) in enumerate(sizes)]
    packed = pack(examples, window, seed)
    assert sorted(e.completion for p in packed for e in p.examples) == sorted(e.completion for e in examples)
    for sequence in packed:
        assert {example.prefix for example in sequence.examples} == {sequence.prefix}
        assert len(sequence.examples) == 1 or len(sequence.features()["input_ids"]) <= window
    assert packed == pack(examples, window, seed)


def test_sequences_of_several_catalogues_are_mixed() -> None:
    examples = [Example((kind,) * 4, (7,) * 10, (8,)) for kind in (1, 2, 3, 4) for _ in range(40)]
    kinds = [sequence.prefix[0] for sequence in pack(examples, 40, seed=3)]
    assert sum(before != after for before, after in pairwise(kinds)) > len(kinds) // 3
