"""What a model server loads: an adapter beside its tokenizer, the two merged, or the base alone, as safetensors.

The base of the box is a GGUF file within a package, which vLLM does not read; exported, it is a folder like any other.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from agent.adapters import check_adapter, resolve_adapter
from agent.base_model import BUNDLED, adapter_base, load_adapter, load_base, load_tokenizer
from finetune.errors import ExportFailed
from finetune.trainer import FreeSpace, enough_space, free_space

Numbers: TypeAlias = Literal["auto", "float32", "bfloat16", "float16"]
"""Of the weights written; auto: float32 for the base in the box, whose 4-bit steps bfloat16 would blur, bfloat16 for
others."""


def export_adapter(adapter: Path, out: Path, free: FreeSpace = free_space) -> Path:
    """A folder for `vllm serve BASE --lora-modules NAME=DIR`: the adapter, and its base's tokenizer beside it."""
    folder = _whole(adapter)
    tokenizer = load_tokenizer(adapter_base(folder))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    with _placed(out, size, free) as part:
        shutil.copytree(folder, part, dirs_exist_ok=True)
        tokenizer.save_pretrained(part)
    return out


def export_merged(adapter: Path, out: Path, numbers: Numbers = "auto", free: FreeSpace = free_space) -> Path:
    """A folder for `vllm serve DIR`: the base with the adapter worked into its weights."""
    folder = _whole(adapter)
    base = adapter_base(folder)
    model, tokenizer = load_base(base)
    merged = load_adapter(model, folder).merge_and_unload()
    return _saved(merged, tokenizer, base, out, numbers, free)


def export_base(base: str, out: Path, numbers: Numbers = "auto", free: FreeSpace = free_space) -> Path:
    """A folder for `vllm serve DIR`: a base as it is."""
    model, tokenizer = load_base(base)
    return _saved(model, tokenizer, base, out, numbers, free)


def _whole(adapter: Path) -> Path:
    """The adapter's folder, or that of the current one of a registry; ModelMisconfigured if its files are not whole."""
    folder = resolve_adapter(adapter)
    check_adapter(folder)
    return folder


def _saved(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    base: str,
    out: Path,
    numbers: Numbers,
    free: FreeSpace,
) -> Path:
    chosen = ("float32" if base == BUNDLED else "bfloat16") if numbers == "auto" else numbers
    model.to(getattr(torch, chosen))
    size = sum(weights.numel() * weights.element_size() for weights in model.parameters())
    with _placed(out, size, free) as part:
        model.save_pretrained(part)
        tokenizer.save_pretrained(part)
    return out


@contextmanager
def _placed(out: Path, size: int, free: FreeSpace) -> Iterator[Path]:
    """A folder to write to, which becomes `out` when all is written. NoSpace, or ExportFailed."""
    part = out.with_name(f"{out.name}.part")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ExportFailed(f"{str(out)!r} is there already; give another --out, or delete it")
    try:
        with enough_space(out.parent, size, free):
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            yield part
            if out.is_dir():
                out.rmdir()
            part.rename(out)
    except OSError as error:
        raise ExportFailed(f"{str(out)!r} cannot be written: {error.strerror or error}; give another --out") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
