"""What `finetune data` tells on the terminal."""

from functools import cache
from typing import TYPE_CHECKING

from agent.config import Settings
from finetune.data import DataManifest, DataOptions, make
from ui.cli_screen import Screen

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def make_rows(options: DataOptions, settings: Settings) -> None:
    """Make rows, and print what they are."""
    manifest = make(options, settings, lambda text: len(_tokenizer().encode(text, add_special_tokens=False)))
    Screen().rows(("source", "tool", "language", "train", "val"), _table(manifest))
    for side, lengths in manifest.tokens.items():
        print(f"{side}: {lengths.p50} tokens (p50), {lengths.p95} (p95), {lengths.most} at most")
    for reason, count in manifest.left_out.items():
        print(f"left out: {count} ({reason})")
    print(f"{manifest.train} rows to train on, {manifest.val} to watch it with: {options.out}")


@cache
def _tokenizer() -> "PreTrainedTokenizerBase":
    """Of the bundled base; loaded only when there is something to count, for it takes seconds."""
    from agent.base_model import load_tokenizer

    return load_tokenizer()


def _table(manifest: DataManifest) -> list[tuple[str, ...]]:
    return [(source, tool, language, str(a), str(b)) for source, tool, language, a, b in manifest.counts]
