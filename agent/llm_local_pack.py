"""A base and its adapter made ready to run: merged, rounded to int8 and kept on disk; a start takes a second then.

models/packed-KEY/model.onnx, embeddings.npy (float16), pack.json (sizes), and the tokenizer's files. KEY names the
base, the adapter's files and this way of packing; a folder appears whole or not at all.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from filelock import FileLock
from transformers import LlamaConfig, PreTrainedModel

from agent.adapters import CONFIG, WEIGHTS, check_adapter, sum_of
from agent.base_model import load_adapter, load_base, place_of
from agent.errors import ModelMisconfigured
from agent.llm_local_graph import BLOCK, Floats, Shape, draw

log = logging.getLogger(__name__)

MODEL, EMBEDDINGS, SIZES = "model.onnx", "embeddings.npy", "pack.json"
CONTEXT = 2048
"""Tokens that a prompt and its answer may take together: longer ones take too long on a CPU."""
_VERSION = "1"


def packed(base: str, adapter: Path | None, models: Path) -> Path:
    """The folder of a base with an adapter, made now if it is not there; ModelMisconfigured if either is unusable, or
    cannot run here."""
    if adapter is not None:
        check_adapter(adapter)
    place = models / f"packed-{_key(base, adapter)}"
    if (place / SIZES).is_file():
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{place}.lock"), TemporaryDirectory(dir=models, prefix=".packing-") as made:
            if not place.is_dir():
                log.info("the model %r is made ready to run; this takes a minute, once", base)
                folder = Path(made) / place.name
                folder.mkdir()
                _pack(base, adapter, folder)
                folder.rename(place)
    except OSError as error:
        raise ModelMisconfigured(
            f"the model {base!r} cannot be kept at {str(models)!r} ({error.strerror or error}); "
            f"free half a gigabyte there, or set SOMMELIER_HOME"
        ) from error
    return place


def _pack(base: str, adapter: Path | None, folder: Path) -> None:
    model, tokenizer = load_base(base)
    shape = shape_of(model, base)
    if adapter is not None:
        model = load_adapter(model, adapter).merge_and_unload()
    weights = weights_of(model)
    onnx.save(draw(weights, shape), folder / MODEL)
    np.save(folder / EMBEDDINGS, weights["model.embed_tokens.weight"].astype(np.float16))
    tokenizer.save_pretrained(str(folder))
    (folder / SIZES).write_text(json.dumps(asdict(shape)), encoding="utf-8")


def weights_of(model: PreTrainedModel) -> Mapping[str, Floats]:
    """All weights by name, the tied ones too, in float32."""
    named = {name: weight.detach().to(torch.float32).numpy() for name, weight in model.state_dict().items()}
    return {"lm_head.weight": named["model.embed_tokens.weight"], **named}


def shape_of(model: PreTrainedModel, name: str) -> Shape:
    """The sizes of a base; ModelMisconfigured for one that this way of running does not know."""
    config = model.config
    if not isinstance(config, LlamaConfig):
        raise ModelMisconfigured(_foreign(name, f"it is a {config.model_type!r} and not a Llama"))
    rope = config.rope_parameters or {}
    head = config.head_dim or config.hidden_size // config.num_attention_heads
    kind = rope.get("rope_type", "default")
    if kind != "default" or config.attention_bias or config.mlp_bias or config.hidden_act != "silu":
        raise ModelMisconfigured(_foreign(name, f"positions {kind!r}, {config.hidden_act!r} or biases"))
    if config.hidden_size % BLOCK or config.intermediate_size % BLOCK or (config.num_attention_heads * head) % BLOCK:
        raise ModelMisconfigured(_foreign(name, f"its sizes are no multiples of {BLOCK}"))
    return Shape(
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        kv_heads=config.num_key_value_heads or config.num_attention_heads,
        head=head,
        hidden=config.hidden_size,
        vocabulary=config.vocab_size,
        context=min(CONTEXT, config.max_position_embeddings),
        theta=float(rope.get("rope_theta", 10000.0)),
        epsilon=config.rms_norm_eps,
    )


def _foreign(name: str, reason: str) -> str:
    return (
        f"the model {name!r} cannot run in this process ({reason}); serve it with 'sommelier serve-llm' "
        f"and set SOMMELIER_LLM_URL, or set SOMMELIER_LOCAL_BASE"
    )


def _key(base: str, adapter: Path | None) -> str:
    """Names what is packed. A folder of weights counts by the sizes and times of its files, an adapter by its bytes."""
    where, _ = place_of(base)
    stated = [(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in sorted(Path(where).glob("*.*"))]
    sums = [] if adapter is None else [sum_of(adapter / name) for name in (CONFIG, WEIGHTS)]
    return sha256(json.dumps([_VERSION, CONTEXT, base, stated, sums]).encode()).hexdigest()[:16]
