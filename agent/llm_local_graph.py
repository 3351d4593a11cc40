"""A Llama as an ONNX graph with int8 weights, for a CPU.

Weights are rounded in blocks of 32, activations as they come (MatMulNBits); attention keeps its keys and values in a
buffer that the caller owns (GroupQueryAttention). Only the last position is scored. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]

BLOCK, BITS, INT8_COMPUTE = 32, 8, 4
_PLACED = ("last_place", "length", "cosines", "sines")
_CONTRIB = "com.microsoft"


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model; `context` is how many tokens it may hold at once."""

    layers: int
    heads: int
    kv_heads: int
    head: int
    hidden: int
    vocabulary: int
    context: int
    theta: float
    epsilon: float


@dataclass(slots=True)
class _Drawing:
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)

    def keep(self, name: str, values: NDArray[np.generic]) -> str:
        """Add a constant."""
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, op: str, inputs: list[str], outputs: list[str], **attributes: float) -> str:
        """Add an operation of ONNX; the name of its first output."""
        self.nodes.append(helper.make_node(op, inputs, outputs, None, None, None, None, **attributes))
        return outputs[0]

    def add_contrib(self, op: str, inputs: list[str], outputs: list[str], **attributes: float) -> str:
        """Add an operation of ONNX Runtime; the name of its first output."""
        self.nodes.append(helper.make_node(op, inputs, outputs, None, None, _CONTRIB, None, **attributes))
        return outputs[0]

    def linear(self, name: str, given: str, weight: Floats) -> str:
        """Multiply by a rounded matrix [out, in]."""
        out, inner = weight.shape
        rounded, scales = rounded_blocks(weight)
        inputs = [given, self.keep(f"{name}_q", rounded), self.keep(f"{name}_s", scales)]
        sizes = {"K": inner, "N": out, "bits": BITS, "block_size": BLOCK, "accuracy_level": INT8_COMPUTE}
        return self.add_contrib("MatMulNBits", inputs, [name], **sizes)

    def normed_sum(self, name: str, left: str, right: str, scale: Floats, epsilon: float) -> tuple[str, str]:
        """Add, and norm the sum: both."""
        inputs = [left, right, self.keep(f"{name}_w", scale)]
        self.add_contrib("SkipSimplifiedLayerNormalization", inputs, [name, "", "", f"{name}_sum"], epsilon=epsilon)
        return name, f"{name}_sum"


def rounded_blocks(weight: Floats) -> tuple[NDArray[np.uint8], Floats]:
    """A matrix [out, in] as bytes around 128 [out, blocks, 32], and a scale per block [out, blocks]."""
    blocks = weight.reshape(weight.shape[0], -1, BLOCK)
    scales = np.maximum(np.abs(blocks).max(axis=-1), 1e-9) / 127
    return (np.rint(blocks / scales[..., None]) + 128).clip(0, 255).astype(np.uint8), scales.astype(np.float32)


def draw(weights: Mapping[str, Floats], shape: Shape) -> onnx.ModelProto:
    """The graph: embedded tokens and a buffer of keys and values in, scores of the next token and the buffer out."""
    drawing = _Drawing()
    cosines, sines = _angles(shape)
    drawing.keep("cosines", cosines)
    drawing.keep("sines", sines)
    drawing.keep("last", np.array([-1], np.int64))
    drawing.keep("first_norm_w", weights["model.layers.0.input_layernorm.weight"])
    normed = drawing.add(
        "SimplifiedLayerNormalization", ["embedded", "first_norm_w"], ["first_norm"], axis=-1, epsilon=shape.epsilon
    )
    carried = "embedded"
    for layer in range(shape.layers):
        normed, carried = _layer(drawing, layer, normed, carried, weights, shape)
    drawing.linear("scores", normed, weights["lm_head.weight"])
    graph = helper.make_graph(drawing.nodes, "llama", *_ends(shape), drawing.weights)
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(_CONTRIB, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def _layer(
    drawing: _Drawing, layer: int, normed: str, carried: str, weights: Mapping[str, Floats], shape: Shape
) -> tuple[str, str]:
    own = f"model.layers.{layer}."
    projected = np.concatenate([weights[f"{own}self_attn.{part}_proj.weight"] for part in "qkv"])
    attended = drawing.add_contrib(
        "GroupQueryAttention",
        [drawing.linear(f"qkv{layer}", normed, projected), "", "", f"past_k{layer}", f"past_v{layer}", *_PLACED],
        [f"attended{layer}", f"k{layer}", f"v{layer}"],
        num_heads=shape.heads,
        kv_num_heads=shape.kv_heads,
        do_rotary=1,
    )
    out = drawing.linear(f"out{layer}", attended, weights[f"{own}self_attn.o_proj.weight"])
    scale = weights[f"{own}post_attention_layernorm.weight"]
    normed, carried = drawing.normed_sum(f"middle{layer}", carried, out, scale, shape.epsilon)
    gate = drawing.linear(f"gate{layer}", normed, weights[f"{own}mlp.gate_proj.weight"])
    up = drawing.linear(f"up{layer}", normed, weights[f"{own}mlp.up_proj.weight"])
    silu = drawing.add_contrib("QuickGelu", [gate], [f"silu{layer}"], alpha=1.0)
    wide = drawing.add("Mul", [silu, up], [f"wide{layer}"])
    down = drawing.linear(f"down{layer}", wide, weights[f"{own}mlp.down_proj.weight"])
    following = f"model.layers.{layer + 1}.input_layernorm.weight"
    if layer == shape.layers - 1:
        following = "model.norm.weight"
        down = drawing.add("Gather", [down, "last"], ["last_down"], axis=1)
        carried = drawing.add("Gather", [carried, "last"], ["last_carried"], axis=1)
    return drawing.normed_sum(f"norm{layer}", carried, down, weights[following], shape.epsilon)


def _ends(shape: Shape) -> tuple[list[onnx.ValueInfoProto], list[onnx.ValueInfoProto]]:
    """What goes in and comes out."""
    number, whole = TensorProto.FLOAT, TensorProto.INT32
    given = [
        helper.make_tensor_value_info("embedded", number, [1, "tokens", shape.hidden]),
        helper.make_tensor_value_info("last_place", whole, [1]),
        helper.make_tensor_value_info("length", whole, []),
    ]
    told = [helper.make_tensor_value_info("scores", number, [1, 1, shape.vocabulary])]
    for layer in range(shape.layers):
        for part in "kv":
            held = [1, shape.kv_heads, shape.context, shape.head]
            given.append(helper.make_tensor_value_info(f"past_{part}{layer}", number, held))
            told.append(helper.make_tensor_value_info(f"{part}{layer}", number, held))
    return given, told


def _angles(shape: Shape) -> tuple[Floats, Floats]:
    """Cosines and sines of the rotary positions [context, head / 2]."""
    turns = shape.theta ** (-np.arange(0, shape.head, 2, dtype=np.float64) / shape.head)
    angles = np.outer(np.arange(shape.context), turns)
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
