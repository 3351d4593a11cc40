"""How much memory a served model takes, and what is left for chats. Pure: numbers in, a plan or TooLarge out.

    budget = weights + working memory + slots for adapters + key-value cache

The key-value cache is what chats live in: it must hold one whole chat, and how many more it holds says how many are
answered at once. All sizes are bytes.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from agent.prompts import Style
from finetune.errors import BadOptions, TooLarge

Dtype: TypeAlias = Literal["float32", "bfloat16", "float16"]
GIB = 1 << 30
_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
_WINDOWS = {"brief": (2048, 8192), "full": (4096, 32_768)}
"""Tokens of the least and the usual window: the longest prompts and replies of a style, in English and in Chinese."""
_GPU_SHARE, _CPU_SHARE, _GPU_SPARE = 0.92, 0.8, GIB // 4
_GPU_WORK, _CPU_WORK = GIB, 5 * GIB // 2
"""Without weights, cache and adapters: the CUDA context and graphs; vLLM's three processes on a CPU, as measured."""
_CPU_CHATS, _GPU_CHATS = 16, 256
_BATCH = 8192
"""Most tokens that vLLM reads in one step."""
_STEP = 128
_SHARE = 4
"""Of the window, that a chat takes on average. On a CPU as much again is kept for beginnings that are the same."""
RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Ranks that vLLM reserves slots for."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a model decides how much memory it takes."""

    parameters: int
    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    positions: int
    """The longest window it was trained for."""
    bits: int = 0
    """Of a quantised weight; 0: as many as the numbers it computes in."""

    def weights(self, dtype: Dtype) -> int:
        """Of all parameters."""
        return self.parameters * (self.bits or 8 * _BYTES[dtype]) // 8

    def token(self, dtype: Dtype) -> int:
        """Of one token in the key-value cache."""
        return 2 * self.layers * self.kv_heads * self.head_dim * _BYTES[dtype]

    def adapter(self, rank: int, dtype: Dtype) -> int:
        """Of an adapter on all linear layers."""
        attention = 2 * (self.hidden + self.heads * self.head_dim) + 2 * (self.hidden + self.kv_heads * self.head_dim)
        feed_forward = 3 * (self.hidden + self.intermediate)
        return self.layers * rank * (attention + feed_forward) * _BYTES[dtype]

    def step(self, chats: int, window: int, dtype: Dtype) -> int:
        """Of what one step computes: activations of its tokens, and logits with a copy."""
        tokens = min(_BATCH, max(window, 2048))
        return tokens * (4 * self.hidden + 2 * self.intermediate) * _BYTES[dtype] + chats * self.vocabulary * 8


@dataclass(frozen=True, slots=True)
class Device:
    """What the model is served on."""

    kind: Literal["gpu", "cpu"]
    name: str
    total: int
    free: int
    count: int = 1
    """GPUs of that size."""
    cores: tuple[int, ...] = ()
    """CPUs that this process may use."""
    bfloat16: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; 0 leaves it to the plan."""

    style: Style = "full"
    window: int = 0
    chats: int = 0
    rank: int = 16
    adapters: int = 0
    """How many are served from the start; one more has room, so that a version can be swapped."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """What a server is started with. Sizes are per GPU."""

    device: Device
    dtype: Dtype
    window: int
    chats: int
    rank: int
    slots: int
    parallel: int
    """GPUs that share the model."""
    budget: int
    weights: int
    working: int
    adapters: int
    cache: int
    cache_tokens: int

    @property
    def utilisation(self) -> float:
        """The budget as a share of the device, as vLLM takes it: two digits, rounded down."""
        return int(100 * self.budget / self.device.total) / 100

    def told(self) -> str:
        """The plan in a line."""
        shared = f"{self.parallel} x " if self.parallel > 1 else ""
        sizes = {"weights": self.weights, "adapters": self.adapters, "working": self.working, "cache": self.cache}
        return (
            f"{shared}{self.device.name}, {self.dtype}: {', '.join(f'{n} {gib(s)}' for n, s in sizes.items())} "
            f"of {gib(self.device.free)} free; {self.cache_tokens:,} tokens in the cache, {self.window:,} a chat, "
            f"{self.chats} chats at once, {self.slots} adapters up to rank {self.rank}"
        )


def gib(size: int) -> str:
    """A size for people."""
    return f"{size / GIB:.2f} GiB"


def plan_memory(shape: Shape, device: Device, wanted: Wanted) -> MemoryPlan:
    """The plan with the longest window up to the usual one, on as few GPUs as hold it; TooLarge when none does.

    BadOptions for a window that the model was not trained for, or a rank that vLLM has no slots for.
    """
    _check(shape, wanted)
    least, usual = (min(w, shape.positions) for w in _WINDOWS[wanted.style])
    least, usual = (wanted.window, wanted.window) if wanted.window else (least, usual)
    for parallel in _splits(shape, device):
        room = _room(shape, device, wanted, usual, parallel)
        window = min(usual, room.tokens // _STEP * _STEP if room.tokens < usual else usual)
        if window >= least:
            return _plan(device, wanted, room, window, parallel)
    raise _too_large(shape, device, wanted, least, usual)


@dataclass(frozen=True, slots=True)
class _Room:
    """What is spoken for, and how many tokens the rest holds."""

    dtype: Dtype
    budget: int
    weights: int
    working: int
    adapters: int
    token: int

    @property
    def rest(self) -> int:
        return self.budget - self.weights - self.working - self.adapters

    @property
    def tokens(self) -> int:
        return max(self.rest, 0) // self.token


def _room(shape: Shape, device: Device, wanted: Wanted, window: int, parallel: int) -> _Room:
    dtype = _dtype(device)
    chats = wanted.chats or (_GPU_CHATS if device.kind == "gpu" else _CPU_CHATS)
    per_slot = shape.adapter(_slot_rank(wanted.rank), dtype)
    if device.kind == "gpu":
        budget = min(int(_GPU_SHARE * device.total), device.free - _GPU_SPARE)
        work, kept = _GPU_WORK, _slots(wanted)
    else:  # what waits for a slot is in the same memory
        budget, work, kept = int(_CPU_SHARE * device.free), _CPU_WORK, 2 * _slots(wanted) + 2
    working = work + shape.step(chats, window, dtype)
    weights, token = -(-shape.weights(dtype) // parallel), -(-shape.token(dtype) // parallel)
    return _Room(dtype, budget, weights, working, kept * per_slot, token)


def _plan(device: Device, wanted: Wanted, room: _Room, window: int, parallel: int) -> MemoryPlan:
    most = wanted.chats or (_GPU_CHATS if device.kind == "gpu" else _CPU_CHATS)
    share = max(window // _SHARE, 1)
    chats = max(1, min(most, room.tokens // share))
    tokens = room.tokens if device.kind == "gpu" else min(room.tokens, max(window, 2 * chats * share))
    return MemoryPlan(
        device, room.dtype, window, chats, _slot_rank(wanted.rank), _slots(wanted), parallel, room.budget, room.weights,
        room.working, room.adapters, tokens * room.token, tokens,
    )  # fmt: skip


def _check(shape: Shape, wanted: Wanted) -> None:
    if wanted.window > shape.positions:
        raise BadOptions(
            f"a window of {wanted.window} tokens is more than the {shape.positions} the model was trained for; "
            f"take --max-model-len {shape.positions} or less"
        )
    if wanted.rank > RANKS[-1]:
        raise BadOptions(f"vLLM serves adapters up to rank {RANKS[-1]} and not {wanted.rank}; tune one of less rank")


def _splits(shape: Shape, device: Device) -> list[int]:
    return [n for n in range(1, device.count + 1) if shape.heads % n == 0 and max(shape.kv_heads, n) % n == 0] or [1]


def _dtype(device: Device) -> Dtype:
    """float32 on a CPU: bfloat16 is emulated on many, and a plan would depend on which one answers."""
    return "float32" if device.kind == "cpu" else "bfloat16" if device.bfloat16 else "float16"


def _slot_rank(rank: int) -> int:
    return next(r for r in RANKS if r >= max(rank, 8))


def _slots(wanted: Wanted) -> int:
    return max(2, wanted.adapters + 1)


def _too_large(shape: Shape, device: Device, wanted: Wanted, least: int, usual: int) -> TooLarge:
    """What is missing, and what would fit: parameters of a model of this kind, and the window of this one."""
    split = _splits(shape, device)[-1]
    room = _room(shape, device, wanted, usual, split)
    needed = room.budget - room.rest + least * room.token
    spare = room.rest + room.weights - least * room.token
    parameters = max(0, spare * split * 8 // (shape.bits or 8 * _BYTES[room.dtype]))
    window = room.tokens // _STEP * _STEP
    ways = [f"a model of up to {parameters / 1e9:.2f} billion parameters"] if parameters else []
    ways += [f"--max-model-len {window}"] if window and wanted.window else []
    ways += ["a quantised model"] if not shape.bits else []
    ways += ["fewer chats at once (--max-num-seqs)", "or a device with more free memory"]
    shared = f" on each of {split} GPUs" if split > 1 else ""
    return TooLarge(
        f"the model needs {gib(needed)}{shared} (weights {gib(room.weights)}, one chat of {least:,} tokens "
        f"{gib(least * room.token)}, working {gib(room.working)}) and {device.name!r} may take {gib(room.budget)} of "
        f"{gib(device.free)} free; what fits: {', '.join(ways)}",
        parameters,
        window,
    )
