"""Runs a packed model: tokens in, scores of the next token out, over one buffer of keys and values."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoSuchFile,
    RuntimeException,
)

from agent.errors import ModelMisconfigured
from agent.llm_local_graph import Floats, Shape
from agent.llm_local_pack import EMBEDDINGS, MODEL, SIZES

_UNUSABLE = (OSError, ValueError, TypeError, Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoSuchFile)


@dataclass(frozen=True, slots=True, eq=False)
class Prefix:
    """The beginning of prompts as the model has read it: tokens, and keys and values [layers * 2, heads, n, size]."""

    ids: tuple[int, ...]
    held: Floats

    @property
    def megabytes(self) -> float:
        """What keeping it costs."""
        return self.held.nbytes / 1e6


class Engine:
    """A model and what it has read: one conversation at a time, in one thread at a time."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """Open a packed model; `threads` 0: as many as there are cores. ModelMisconfigured for a damaged one."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the event loop shares the cores
        try:
            self.shape = Shape(**json.loads((folder / SIZES).read_text(encoding="utf-8")))
            self._embeddings: NDArray[np.float16] = np.load(folder / EMBEDDINGS)
            self._session = onnxruntime.InferenceSession(folder / MODEL, options, providers=["CPUExecutionProvider"])
        except (*_UNUSABLE, RuntimeException) as error:
            raise ModelMisconfigured(
                f"the packed model {str(folder)!r} is damaged ({type(error).__name__}); delete it: it is made anew"
            ) from error
        shape = self.shape
        self._held: Floats = np.zeros((shape.layers * 2, shape.kv_heads, shape.context, shape.head), np.float32)
        self._scores: Floats = np.zeros((1, 1, shape.vocabulary), np.float32)
        self._bound = self._session.io_binding()
        self._bind()
        self.length = 0
        """Tokens read so far."""

    def feed(self, ids: list[int]) -> Floats:
        """Read tokens, at least one and at most as many as there is room for; the scores of what comes next, which the
        next call overwrites."""
        self.length += len(ids)
        embedded = self._embeddings[ids].astype(np.float32)[None]
        self._bound.bind_cpu_input("embedded", embedded)
        self._bound.bind_cpu_input("last_place", np.array([self.length - 1], np.int32))
        self._bound.bind_cpu_input("length", np.array(self.length, np.int32))
        self._session.run_with_iobinding(self._bound)
        scores: Floats = self._scores[0, 0]
        return scores

    def rewind(self, prefix: Prefix | None = None, length: int = 0) -> None:
        """Begin anew, behind so many tokens of a prefix."""
        if prefix is not None and length:
            self._held[:, :, :length] = prefix.held[:, :, :length]
        self.length = length

    def prefix(self, ids: list[int]) -> Prefix:
        """Read tokens from the beginning and keep what they brought."""
        self.rewind()
        self.feed(ids)
        return Prefix(tuple(ids), self._held[:, :, : len(ids)].copy())

    def _bind(self) -> None:
        """Keys and values are read and written in place: no copy per token."""
        held = [1, *self._held.shape[1:]]
        for place, values in enumerate(self._held):
            name = f"{'kv'[place % 2]}{place // 2}"
            where = values.ctypes.data
            self._bound.bind_input(f"past_{name}", "cpu", 0, np.float32, held, where)
            self._bound.bind_output(name, "cpu", 0, np.float32, held, where)
        self._bound.bind_output("scores", "cpu", 0, np.float32, list(self._scores.shape), self._scores.ctypes.data)
