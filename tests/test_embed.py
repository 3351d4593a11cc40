"""Embedders, the document that is embedded, and shipped embeddings."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.documents import document_key, document_text, read_embedding_cache, write_embedding_cache
from retrieval.embed import DEFAULT_MODEL, open_embedder, reopen_embedder
from retrieval.embedding import embed_documents
from retrieval.errors import CatalogError, EmbedderUnusable
from retrieval.load import load
from retrieval.manifest import CatalogSpec, FacetSpec
from retrieval.ports import Embedder
from retrieval.progress import Quiet
from retrieval.source import find_source
from retrieval.spec_file import read_overlay
from retrieval.types import FacetValue, Item
from tests.fakes_retrieval import LetterEmbedder

TEXTS = ("a sad film about memory", "", "red running shoes", "ein trauriger Film über Erinnerung " * 60)
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "red", "blue", "shoe", "film", "a", "about"]


@pytest.fixture(scope="session")
def home() -> Path:
    """Where a checkout keeps its encoders, so that the export is paid once."""
    return Path(__file__).resolve().parent.parent / ".sommelier"


@pytest.fixture(scope="session")
def minilm(home: Path) -> Embedder:
    """The default embedder."""
    return open_embedder(DEFAULT_MODEL, home)


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model of a few hundred random weights, saved to a folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    torch.manual_seed(0)
    parts, folder = tmp_path_factory.mktemp("parts"), tmp_path_factory.mktemp("tiny")
    (parts / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, intermediate_size=32, num_attention_heads=2, num_hidden_layers=1
    )
    BertModel(config).save_pretrained(parts)
    AutoTokenizer.from_pretrained(parts).save_pretrained(parts)
    transformer = Transformer(str(parts), max_seq_length=32)
    SentenceTransformer(modules=[transformer, Pooling(16)]).save(str(folder))
    return folder


def test_vectors_are_unit_and_the_same_alone_or_in_a_batch(minilm: Embedder) -> None:
    together = minilm.embed(TEXTS)
    assert together.shape == (len(TEXTS), 384)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    alone = np.concatenate([minilm.embed([text]) for text in TEXTS])
    assert (alone * together).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert minilm.embed([]).shape == (0, 384)


def test_like_texts_are_closer_than_unlike_ones(minilm: Embedder) -> None:
    film, also_film, shoes = minilm.embed(["a sad film about memory", "a melancholy movie on remembering", TEXTS[2]])
    assert film @ also_film > film @ shoes + 0.3


def test_serving_does_not_import_torch(minilm: Embedder, home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from retrieval.embed import reopen_embedder\n"
        f"reopen_embedder({minilm.name!r}, Path({str(home)!r})).embed(['x'])\n"
        "assert not {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).resolve().parent.parent, timeout=60)


def test_any_model_folder_is_exported_once_and_gives_the_vectors_of_the_model(tiny_model: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    embedder = open_embedder(str(tiny_model), tmp_path)
    assert type(embedder) is type(reopen_embedder(embedder.name, tmp_path))
    texts = ["red shoe", "a blue film about a red film", ""]
    expected = SentenceTransformer(str(tiny_model), device="cpu").encode(texts, normalize_embeddings=True)
    assert (reopen_embedder(embedder.name, tmp_path).embed(texts) * expected).sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert [p.name for p in (tmp_path / "encoders").iterdir()] == [embedder.name.rpartition("@")[2]]


def test_another_model_under_the_same_name_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnusable, match="build again"):
        reopen_embedder(f"{tiny_model}@0123456789abcdef", tmp_path)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnusable, match=r"no modules.json"):
        open_embedder(str(tmp_path), tmp_path)


def test_a_broken_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[{", encoding="utf-8")
    with pytest.raises(EmbedderUnusable, match="cannot load the model"):
        open_embedder(str(tmp_path), tmp_path)


def test_a_damaged_encoder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "encoders" / "feed"
    folder.mkdir(parents=True)
    (folder / "encoder.json").write_text(json.dumps({"pad_id": 0, "dimensions": 4, "max_tokens": 8}), encoding="utf-8")
    with pytest.raises(EmbedderUnusable, match="delete that folder"):
        reopen_embedder("x@feed", tmp_path)


def _spec(**kinds: str) -> CatalogSpec:
    facets = {name: FacetSpec.model_validate({"kind": kind, "label": name}) for name, kind in kinds.items()}
    return CatalogSpec(facets=facets)


def test_a_document_is_title_then_labelled_facets_then_description() -> None:
    facets: Mapping[str, FacetValue] = {"genre": ("Drama", "War"), "made": date(2001, 5, 1), "price": 3.0}
    item = Item("a", "Heat", "Two men.", facets)
    text = document_text(item, _spec(genre="categorical", made="date", price="numeric"))
    assert text == "Heat. genre: Drama, War. made: 2001-05-01. price: 3. Two men."


def test_what_is_not_searchable_is_not_embedded() -> None:
    spec = CatalogSpec(facets={"link": FacetSpec(kind="text", label="link", searchable=False)})
    assert document_text(Item("a", "Heat", "", {"link": "https://x.org"}), spec) == "Heat"


@given(st.text(), st.text(), st.text())
def test_a_key_changes_with_the_model_and_the_text(model: str, text: str, other: str) -> None:
    if text != other:
        assert document_key(model, text) != document_key(model, other)
        assert document_key(text, model) != document_key(other, model)


def test_shipped_vectors_come_back_almost_unchanged(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = [f"text {row}" for row in range(50)]
    write_embedding_cache(tmp_path / "embeddings.npz", "m", texts, vectors)
    cache = read_embedding_cache(tmp_path / "embeddings.npz")
    back = np.stack([cache[document_key("m", text)] for text in texts])
    assert (back * vectors).sum(axis=1).min() > 0.999


def test_only_what_was_not_shipped_is_embedded(tmp_path: Path) -> None:
    embedder, texts = LetterEmbedder(), ["one", "two", "three", "four"]
    every = embedder.embed(texts)
    write_embedding_cache(tmp_path / "embeddings.npz", embedder.name, texts[1:3], every[1:3])
    embedder.embedded.clear()
    found = embed_documents(texts, embedder, tmp_path / "embeddings.npz", Quiet())
    assert embedder.embedded == ["one", "four"]
    assert (found * every).sum(axis=1).min() > 0.999


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_damaged_shipped_embeddings_are_a_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "embeddings.npz").write_bytes(content)
    with pytest.raises(CatalogError, match=r"'embeddings.npz'.*delete it"):
        read_embedding_cache(tmp_path / "embeddings.npz")


def test_the_embeddings_shipped_with_the_films_are_those_of_the_model(minilm: Embedder) -> None:
    source = find_source(EXAMPLES / "movies")
    overlay = read_overlay(source.spec)
    loaded = load(source.items, None, overlay)
    spec = overlay.spec.model_copy(update={"facets": {f.facet: f.spec for f in loaded.columns.facets}})
    texts = [document_text(item, spec) for item in loaded.items]
    assert source.embeddings is not None
    shipped = read_embedding_cache(source.embeddings)
    missing = [text for text in texts if document_key(minilm.name, text) not in shipped]
    assert missing == []
    sample = texts[::1500]
    kept = np.stack([shipped[document_key(minilm.name, text)] for text in sample])
    assert (kept * minilm.embed(sample)).sum(axis=1).min() > 0.999
