"""A base that can be tuned: loaded as serving loads it, in the numbers of the hardware, under the adapter to go on from
if there is one."""

from pathlib import Path

import torch
from peft import LoraConfig, PeftModel
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, PreTrainedModel, PreTrainedTokenizerBase

from agent.base_model import BUNDLED, load_adapter, load_base, load_tokenizer
from agent.errors import ModelMisconfigured
from finetune.hardware import Hardware
from finetune.options import Options
from finetune.shared_prefix import use_in


def tunable(
    options: Options, hardware: Hardware, start: Path | None
) -> tuple[PreTrainedModel | PeftModel, PreTrainedTokenizerBase]:
    """The base and its tokenizer; with `start` the base under that adapter, whose weights go on learning."""
    model, tokenizer = _base(options, hardware)
    if options.packing == "shared":
        use_in(model)
    if start is None:
        return model, tokenizer
    tuned = load_adapter(model, start)
    for name, weights in tuned.named_parameters():
        weights.requires_grad_("lora_" in name)
    return tuned.train(), tokenizer


def lora_of(options: Options) -> LoraConfig:
    """An adapter on all linear layers, of a kind that vLLM serves."""
    return LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def _thin(model: PreTrainedModel) -> None:
    """Frozen layers in bf16, cast once and not at each step. Embeddings stay: what flows between layers is of their
    kind, and loses too much in bf16."""
    head = model.get_output_embeddings()
    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear) and layer is not head:
            layer.to(torch.bfloat16)


def _base(options: Options, hardware: Hardware) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    if not hardware.gpu or options.base == BUNDLED:
        model, tokenizer = load_base(options.base)
        if hardware.precision == "bf16":
            _thin(model)
        return model, tokenizer
    quantized = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=hardware.dtype,
    )
    tokenizer = load_tokenizer(options.base)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            options.base,
            dtype=hardware.dtype if hardware.precision == "bf16" else torch.float32,
            quantization_config=quantized if options.four_bit else None,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelMisconfigured(
            f"the model {options.base!r} cannot be loaded: {' '.join(str(error).split())[:200]}; name another --base"
        ) from error
    model.name_or_path = options.base
    return model, tokenizer
