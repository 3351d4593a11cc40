"""What a server is to serve: a base in a form that vLLM reads, its shape, and adapters that it can take."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig, AutoModelForCausalLM, PretrainedConfig

from agent.adapters import CARD, CONFIG, WEIGHTS, check_adapter, read_card, resolve_adapter
from agent.base_model import BUNDLED, load_base, load_tokenizer
from agent.errors import ModelMisconfigured
from finetune.errors import BadOptions, NoSpace
from finetune.serve_plan import Shape

_NAME = re.compile(r"[\w.-]+")
_LAYER = re.compile(r"\.layers\.(\d+)\.")
_READS_HIDDEN = tuple(f".{n}_proj.lora_A.weight" for n in ("q", "k", "v", "gate", "up"))
_HIDE_TOOLS = "{%- set tools = none -%}"


@dataclass(frozen=True, slots=True)
class Tuned:
    """An adapter to serve."""

    name: str
    folder: Path
    rank: int
    base: str
    """The model that it was tuned on; '' if it does not say."""
    hidden: int
    """Of the layers that it changes."""
    layers: int
    """Of the model, at least so many."""


@dataclass(frozen=True, slots=True)
class Model:
    """A base to serve."""

    name: str
    """What clients call it."""
    place: str
    """A folder, or a name on Hugging Face."""
    shape: Shape
    template: Path | None = None
    """A chat template that leaves the tools out: a tuned model knows them."""


class _AdapterConfig(BaseModel):
    model_config = ConfigDict(extra="ignore")

    r: int
    rank_pattern: Mapping[str, int] = {}
    peft_type: str = ""
    use_dora: bool = False
    modules_to_save: Sequence[str] | None = None
    base_model_name_or_path: str | None = None


def adapter_of(given: str) -> Tuned:
    """'DIR' or 'NAME=DIR', a registry's folder too; ModelMisconfigured for one that is damaged, or that vLLM cannot
    serve."""
    name, _, place = given.rpartition("=")
    folder = resolve_adapter(Path(place).expanduser()).resolve()
    check_adapter(folder)
    config = _config(folder / CONFIG)
    card = read_card(folder) if (folder / CARD).is_file() else None
    name = name or (card.name if card else folder.name)
    if not _NAME.fullmatch(name):
        raise BadOptions(f"an adapter cannot be called {name!r}; take letters, digits, '.', '-' and '_': NAME=DIR")
    base = card.base if card else config.base_model_name_or_path or ""
    return Tuned(name, folder, max(config.r, *config.rank_pattern.values(), 1), base, *_sizes(folder))


def check_fits(adapter: Tuned, base: str, hidden: int, layers: int) -> None:
    """Refuse an adapter for a model of another size: vLLM 0.32 fills up weights that are too small, and answers
    nonsense."""
    if (adapter.hidden and adapter.hidden != hidden) or adapter.layers > layers:
        raise ModelMisconfigured(
            f"the adapter {str(adapter.folder)!r} is for a model of {adapter.layers} layers of {adapter.hidden} "
            f"(it says {adapter.base!r}), and {base!r} has {layers} of {hidden}; serve it with its own base"
        )


def base_of(model: str, adapters: Sequence[Tuned]) -> str:
    """The base to serve: the one that is named, else that of the adapters; BadOptions when they do not agree."""
    if len({a.name for a in adapters}) < len(adapters):
        raise BadOptions(f"two adapters have one name ({', '.join(a.name for a in adapters)}); give NAME=DIR")
    bases = {a.base: a for a in adapters if a.base}
    other = bool(model and bases) and model not in bases and not Path(model).is_dir()
    if len(bases) > 1 or other:  # of a folder nobody knows what it was called
        told = ", ".join(f"{a.name!r} on {base!r}" for base, a in bases.items())
        asked = f", not on {model!r}" if model else ""
        raise BadOptions(
            f"one server serves one base, and the adapters were tuned as {told}{asked}; start one for each"
        )
    return model or next(iter(bases), BUNDLED)


def model_of(base: str, home: Path, *, brief: bool) -> Model:
    """A base as vLLM reads it, what comes in another form exported under `home` once. ModelMisconfigured for one that
    cannot be loaded, NoSpace when it cannot be written."""
    place = str(base_as_files(base, home)) if base == BUNDLED else _folder(base)
    try:
        config = AutoConfig.from_pretrained(place)
        shape = shape_of(config)
    except (OSError, ValueError, KeyError, AttributeError, RuntimeError) as error:
        raise ModelMisconfigured(
            f"the model {base!r} cannot be served: {_line(error)}; "
            f"name {BUNDLED!r}, a folder, or a model of Hugging Face"
        ) from error
    name = Path(place).name if Path(place).is_dir() else base
    template = _template(place, home / "vllm" / f"{name.replace('/', '--')}.jinja") if brief else None
    return Model(name, place, shape, template)


def shape_of(config: PretrainedConfig) -> Shape:
    """What a model's configuration says of its size; its parameters are counted without making them."""
    with torch.device("meta"):
        parameters = sum(p.numel() for p in AutoModelForCausalLM.from_config(config).parameters())
    text = config.get_text_config()
    heads = int(text.num_attention_heads)
    return Shape(
        parameters=parameters,
        layers=int(text.num_hidden_layers),
        hidden=int(text.hidden_size),
        intermediate=int(getattr(text, "intermediate_size", None) or 4 * text.hidden_size),
        heads=heads,
        kv_heads=int(getattr(text, "num_key_value_heads", None) or heads),
        head_dim=int(getattr(text, "head_dim", None) or text.hidden_size // heads),
        vocabulary=int(text.vocab_size),
        positions=int(text.max_position_embeddings),
        bits=_bits(config),
    )


def without_tools(template: str) -> str:
    """A chat template as training used it: the schema of the tools constrains the answer and is not read."""
    return _HIDE_TOOLS + template


def _template(place: str, target: Path) -> Path:
    written = load_tokenizer(place).get_chat_template()
    with _space(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(without_tools(written), encoding="utf-8")
    return target


def base_as_files(base: str, home: Path) -> Path:
    """A base in safetensors under `home`, written aside and renamed: one that is there is whole."""
    target = home / "vllm" / base
    if (target / "config.json").is_file():
        return target
    model, tokenizer = load_base(base)
    aside = target.with_name(f".{target.name}.new")
    with _space(target):
        shutil.rmtree(aside, ignore_errors=True)
        model.save_pretrained(aside)
        tokenizer.save_pretrained(aside)
        aside.rename(target)
    return target


def _folder(base: str) -> str:
    """A folder as it is, any other name as one of Hugging Face."""
    path = Path(base).expanduser()
    if path.is_dir():
        return str(path.resolve())
    if base.startswith((".", "~", "/")):
        raise ModelMisconfigured(f"there is no model folder {base!r}; name {BUNDLED!r}, or a folder that is there")
    return base


def _config(path: Path) -> _AdapterConfig:
    """What vLLM minds of an adapter; ModelMisconfigured for a kind that it does not serve."""
    try:
        config = _AdapterConfig.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelMisconfigured(f"{str(path)!r} cannot be read as an adapter's; copy the adapter again") from error
    for wrong, kind in (
        (config.peft_type not in ("LORA", ""), config.peft_type),
        (config.use_dora, "DoRA"),
        (bool(config.modules_to_save), "whole layers (modules_to_save)"),
    ):
        if wrong:
            raise ModelMisconfigured(
                f"{str(path.parent)!r} is an adapter with {kind}, which vLLM does not serve; merge it"
            )
    return config


def _sizes(folder: Path) -> tuple[int, int]:
    """Of the model that an adapter is for: its hidden size and its layers, from the header of the weights, so that a
    file that was cut, or is something else, shows before a server starts."""
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as weights:
            shapes = {name: weights.get_slice(name).get_shape() for name in weights.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as error:
        raise ModelMisconfigured(
            f"{WEIGHTS!r} of the adapter {str(folder)!r} is damaged ({_line(error)}); copy it again"
        ) from error
    if not any(".lora_" in name for name in shapes):
        raise ModelMisconfigured(f"{WEIGHTS!r} of the adapter {str(folder)!r} holds no adapter; export it again")
    widths = [shape[-1] for name, shape in shapes.items() if name.endswith(_READS_HIDDEN)]
    places = [int(found[1]) for name in shapes if (found := _LAYER.search(name))]
    return max(widths, default=0), max(places, default=-1) + 1


def _bits(config: PretrainedConfig) -> int:
    """Of a weight in a quantised model; 0 for one that is not."""
    how = getattr(config, "quantization_config", None)
    told = how if isinstance(how, Mapping) else vars(how) if how is not None else {}
    if not told:
        return 0
    bits = told.get("bits") or (4 if told.get("load_in_4bit") or "4" in str(told.get("quant_method", "")) else 8)
    return int(bits)


@contextmanager
def _space(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NoSpace(
            f"cannot write {str(target)!r} ({error.strerror}); free some space, or set SOMMELIER_HOME"
        ) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
