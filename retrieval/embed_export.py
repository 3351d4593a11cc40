"""A sentence-transformers model to one ONNX file, once per model. Imports torch: keep it out of serving."""

import json
import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from retrieval.embed import OnnxEmbedder
from retrieval.errors import EmbedderUnusable
from retrieval.ports import Embedder, Matrix

log = logging.getLogger(__name__)

_SAMPLES = ("", "a", "a quiet story about memory and loss", "Größe 42, rot; " * 40)
_CLOSE = 0.999


class TorchEmbedder:
    """The model run by sentence-transformers itself, for what ONNX cannot express."""

    def __init__(self, model: SentenceTransformer, name: str) -> None:
        self.name = name
        self._model = model

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors, shape (len(texts), d)."""
        vectors = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


class _Pooled(torch.nn.Module):
    """Token ids and mask in, sentence embedding out: the only part of a SentenceTransformer that ONNX needs."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.model({"input_ids": input_ids, "attention_mask": attention_mask})["sentence_embedding"]
        return out


def export_or_fall_back(folder: Path, target: Path, name: str) -> Embedder:
    """Export into `target` and open that; a model that does not survive the export is run by torch, with a warning."""
    try:
        model = SentenceTransformer(str(folder), device="cpu").eval()
    except Exception as error:  # transformers raises whatever a broken file provokes
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise EmbedderUnusable(f"cannot load the model in {str(folder)!r} ({reason}); give another") from error
    reference = TorchEmbedder(model, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as aside:
        try:
            with _quiet():
                _export(model, Path(aside))
            _compare(OnnxEmbedder(Path(aside), name), reference)
        except Exception as error:  # noqa: BLE001  # the exporter fails in as many ways as there are models
            log.warning("%s cannot run under ONNX (%s); it will run under torch, several times slower", name, error)
            return reference
        _publish(Path(aside), target)
    return OnnxEmbedder(target, name)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's remarks on its own internals, of which there are dozens."""
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        exporter.setLevel(level)


def _export(model: SentenceTransformer, folder: Path) -> None:
    tokens = model.tokenizer(["two short", "texts of unlike length"], padding=True, return_tensors="pt")
    longest = int(model.max_seq_length or 512)
    batch, length = torch.export.Dim("batch", min=1, max=4096), torch.export.Dim("length", min=2, max=longest)
    shape = {0: batch, 1: length}
    torch.onnx.export(
        _Pooled(model).eval(),
        (tokens["input_ids"], tokens["attention_mask"]),
        str(folder / "model.onnx"),
        input_names=["input_ids", "attention_mask"],
        output_names=["sentence_embedding"],
        dynamic_shapes={"input_ids": shape, "attention_mask": shape},
        external_data=False,
        dynamo=True,
        verbose=False,
    )
    with tempfile.TemporaryDirectory() as saved:
        model.tokenizer.save_pretrained(saved)
        (folder / "tokenizer.json").write_bytes((Path(saved) / "tokenizer.json").read_bytes())
    settings = {
        "max_tokens": longest,
        "pad_id": int(model.tokenizer.pad_token_id or 0),
        "dimensions": int(model.get_embedding_dimension() or 0),
    }
    (folder / "encoder.json").write_text(json.dumps(settings), encoding="utf-8")


def _compare(exported: Embedder, reference: Embedder) -> None:
    cosines = (exported.embed(_SAMPLES) * reference.embed(_SAMPLES)).sum(axis=1)
    if cosines.min() < _CLOSE:
        raise EmbedderUnusable(f"the export differs from the model: cosine {cosines.min():.4f}; it is not used")


def _publish(aside: Path, target: Path) -> None:
    """Move the files, encoder.json last: an encoder folder with it is whole. Two exporters write the same bytes."""
    target.mkdir(exist_ok=True)
    for name in ("model.onnx", "tokenizer.json", "encoder.json"):
        (aside / name).replace(target / name)
