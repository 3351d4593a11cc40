"""What `finetune data` tells on the terminal."""

from agent.base_model import load_tokenizer
from agent.config import Settings
from finetune.data import DataManifest, DataOptions, make
from ui.cli_screen import Screen


def make_rows(options: DataOptions, settings: Settings) -> None:
    """Make rows, and print what they are."""
    tokenizer = load_tokenizer()
    manifest = make(options, settings, lambda text: len(tokenizer.encode(text, add_special_tokens=False)))
    Screen().rows(("source", "tool", "language", "train", "val"), _table(manifest))
    for side, lengths in manifest.tokens.items():
        print(f"{side}: {lengths.p50} tokens (p50), {lengths.p95} (p95), {lengths.most} at most")
    for reason, count in manifest.left_out.items():
        print(f"left out: {count} ({reason})")
    print(f"{manifest.train} rows to train on, {manifest.val} to watch it with: {options.out}")


def _table(manifest: DataManifest) -> list[tuple[str, ...]]:
    return [(source, tool, language, str(a), str(b)) for source, tool, language, a, b in manifest.counts]
