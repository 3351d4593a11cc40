"""What a model is measured on is never trained on: files and dialogues are compared before anything is read."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from finetune.errors import BadRows, LeakedRows
from retrieval.errors import CatalogError
from retrieval.textfile import open_bytes

_HELD = re.compile(r"(?:^|[^a-z])(?:val|valid|validation|dev|test|eval|heldout)(?:[^a-z]|$)")
_TEXTS = {"messages": ("text", "content"), "turns": ("utterance", "text")}
"""Where dialogues of ReDial, of SGD, rows and test cases have what is said."""


def refuse(sources: Iterable[Path], held_out: Sequence[Path]) -> None:
    """LeakedRows if a source is named like a held-out part, or has a dialogue of one of those files."""
    kept = {key: path for path in held_out for key in _dialogues(path)}
    for source in sources:
        if _HELD.search(source.name.casefold()) or any(source.samefile(p) for p in held_out if source.exists()):
            raise LeakedRows(str(source), 0, "is a part that models are measured on; train on another")
        for number, key in enumerate(_dialogues(source) if kept else (), 1):
            if key in kept:
                raise LeakedRows(str(source), number, f"is a dialogue of {str(kept[key])!r}; leave one of them out")


def _dialogues(path: Path) -> Iterable[str]:
    """A key per line: all that is said in it."""
    try:
        with open_bytes(path) as raw:
            for number, line in enumerate(raw, 1):
                if line.strip():
                    yield _key(path, number, line)
    except (OSError, EOFError, CatalogError) as error:
        raise BadRows(str(path), 0, f"cannot be read: {error}; give the path of a JSONL file") from error


def _key(path: Path, number: int, line: bytes) -> str:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise BadRows(str(path), number, f"is no JSON: {line[:60]!r}") from error
    if not isinstance(record, Mapping):
        raise BadRows(str(path), number, f"is no JSON object: {line[:60]!r}")
    said = [
        str(part[name]).casefold()
        for key, names in _TEXTS.items()
        for part in record.get(key) or ()
        for name in names
        if isinstance(part, Mapping) and name in part
    ]
    return sha256("\0".join(said or [line.decode("utf-8", "replace")]).encode()).hexdigest()
