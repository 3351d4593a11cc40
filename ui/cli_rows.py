"""What `finetune data` and `finetune augment` tell on the terminal."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config import Settings
from finetune.data import DataManifest, DataOptions, make
from finetune.rows import read_rows, write_rows
from finetune.variants import kinds_of, variants
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


def make_variants(rows: Path, out: Path, kinds: Sequence[str], copies: int, seed: int) -> None:
    """Write the variants of the rows of a file, and say how many there are."""
    read = read_rows(rows)
    count = write_rows(out, variants(read, kinds_of(kinds), seed, copies))
    print(f"{count} variants of {len(read)} rows: {out}")


def _table(manifest: DataManifest) -> list[tuple[str, ...]]:
    return [(source, tool, language, str(a), str(b)) for source, tool, language, a, b in manifest.counts]
