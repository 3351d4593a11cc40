"""Rows to token ids: the chat format of the base, the completion, and the sign that ends it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from transformers import PreTrainedTokenizerBase

from finetune.errors import BadOptions
from finetune.rows import Row


@dataclass(frozen=True, slots=True)
class Example:
    """A row as token ids: `prefix` is the system message, which rows share; a loss counts on `completion` alone."""

    prefix: tuple[int, ...]
    prompt: tuple[int, ...]
    completion: tuple[int, ...]

    @property
    def segment(self) -> tuple[int, ...]:
        """What follows the prefix."""
        return self.prompt + self.completion

    @property
    def ids(self) -> tuple[int, ...]:
        """The whole row."""
        return self.prefix + self.prompt + self.completion

    def __len__(self) -> int:
        return len(self.prefix) + len(self.prompt) + len(self.completion)


def encode(rows: Iterable[Row], tokenizer: PreTrainedTokenizerBase) -> list[Example]:
    """Tokenize rows as serving renders them; the completion ends as the model must end its answer."""
    if tokenizer.eos_token_id is None:
        raise BadOptions(f"the tokenizer of {tokenizer.name_or_path!r} has no end-of-turn token; name a chat model")
    systems: dict[str, tuple[int, ...]] = {}
    return [_example(row, tokenizer, systems) for row in rows]


def fitting(examples: Sequence[Example], window: int) -> list[Example]:
    """Those that fit into a window; a row is never cut, for it would teach to stop in the middle."""
    return [example for example in examples if len(example) <= window]


def _example(row: Row, tokenizer: PreTrainedTokenizerBase, systems: dict[str, tuple[int, ...]]) -> Example:
    messages = [{"role": m.role, "content": m.content} for m in row.messages]
    prompt = _ids(tokenizer, messages, begin_answer=True)
    system = messages[0]["content"]
    if system not in systems:
        systems[system] = _ids(tokenizer, messages[:1], begin_answer=False)
    alike = (ours == theirs for ours, theirs in zip(systems[system], prompt, strict=False))
    shared = sum(takewhile(bool, alike))
    completion = tokenizer(row.completion, add_special_tokens=False)["input_ids"]
    return Example(prompt[:shared], prompt[shared:], (*completion, tokenizer.eos_token_id))


def _ids(tokenizer: PreTrainedTokenizerBase, messages: list[dict[str, str]], *, begin_answer: bool) -> tuple[int, ...]:
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=begin_answer, tokenize=False)
    return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])
