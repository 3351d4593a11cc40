"""Decoding: the tokens that a model writes behind a prompt, freely or held to a grammar. Runs in one thread.

Where the grammar leaves one continuation, its tokens are read together instead of being decoded one by one.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
import xgrammar
from tokenizers import Tokenizer

from agent.errors import ModelRefused
from agent.llm_local_engine import Engine, Prefix
from agent.llm_local_graph import Floats

Stopped = Callable[[], bool]
"""Whether nobody waits for the answer any more."""

CHUNK = 256
"""Tokens that are read at once; between them a reader may go away."""
PLAN_TOKENS, CLOSING_TOKENS, REPLY_TOKENS = 256, 64, 480
_LOOP, _TIMES = 60, 3
"""A reply is stuck when its last tokens are the same block three times; blocks have at most so many tokens."""


class Stop(Exception):
    """The reader went away."""


def read(engine: Engine, ids: Sequence[int], prefix: Prefix | None, room: int, stopped: Stopped) -> Floats:
    """Read a prompt, behind what of it was read before; ModelRefused if it and `room` tokens do not fit."""
    if len(ids) + room > engine.shape.context:
        raise ModelRefused(
            f"the prompt has {len(ids)} tokens, the model in this process takes {engine.shape.context - room}; "
            f"say it in fewer words"
        )
    known = 0 if prefix is None else min(shared(ids, prefix.ids), len(ids) - 1)
    engine.rewind(prefix, known)
    scores: Floats | None = None
    for start in range(known, len(ids), CHUNK):
        if stopped():
            raise Stop
        scores = engine.feed(list(ids[start : start + CHUNK]))
    if scores is None:
        raise ModelRefused("the prompt is empty; this is a fault of the program")
    return scores


def shared(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts have in common at their beginning."""
    most = min(len(one), len(other))
    return next((n for n in range(most) if one[n] != other[n]), most)


def written(engine: Engine, scores: Floats, end: int, stopped: Stopped) -> Iterator[int]:
    """The tokens of a reply, the likeliest at each step, without its end; ModelRefused for one that does not end."""
    tokens: list[int] = []
    while (token := int(scores.argmax())) != end:
        if stopped():
            raise Stop
        tokens.append(token)
        if len(tokens) > REPLY_TOKENS or _stuck(tokens):
            raise ModelRefused(f"the reply does not come to an end after {len(tokens)} tokens; the next rung goes on")
        yield token
        scores = engine.feed([token])


def _stuck(tokens: Sequence[int]) -> bool:
    """Whether a text goes round in a circle."""
    for size in range(2, _LOOP + 1):
        if size * _TIMES > len(tokens):
            return False
        if size * _TIMES >= 12 and tokens[-size * _TIMES : -size] == tokens[-size * (_TIMES - 1) :]:
            return True
    return False


class Grammar:
    """A JSON schema as a grammar over the tokens of a model; serves any number of answers, one after the other."""

    def __init__(self, compiled: xgrammar.CompiledGrammar, tokenizer: Tokenizer, end: int) -> None:
        self._compiled, self._tokenizer, self._end = compiled, tokenizer, end
        vocabulary = compiled.tokenizer_info.decoded_vocab
        self._mask = xgrammar.allocate_token_bitmask(1, len(vocabulary))
        self._closing = np.array([not token.strip(b'"]}') for token in vocabulary])
        self._illegal = np.array([min(token, default=32) < 32 for token in vocabulary])
        """Control signs: xgrammar lets them into texts that have a longest length; JSON does not."""

    def opening(self) -> list[int]:
        """The tokens that every answer begins with: they are read with the prompt."""
        return self._forced(xgrammar.GrammarMatcher(self._compiled), [])

    def write(self, engine: Engine, scores: Floats, begun: Sequence[int], stopped: Stopped) -> tuple[str, bool]:
        """The likeliest answer of the grammar behind `begun`, and whether it had to be closed before it ended."""
        matcher = xgrammar.GrammarMatcher(self._compiled)
        tokens = list(begun)
        for token in begun:
            matcher.accept_token(token)
        while len(tokens) < PLAN_TOKENS + CLOSING_TOKENS:
            if stopped():
                raise Stop
            token = self._best(matcher, scores, closing=len(tokens) >= PLAN_TOKENS)
            if token == self._end:
                break
            matcher.accept_token(token)
            forced = self._forced(matcher, [*tokens, token])
            tokens += [token, *forced]
            scores = engine.feed([token, *forced])
        return self._tokenizer.decode(tokens), len(tokens) >= PLAN_TOKENS

    def _best(self, matcher: xgrammar.GrammarMatcher, scores: Floats, *, closing: bool) -> int:
        """The likeliest token that the grammar allows; when it is time to close, one that closes if any does."""
        matcher.fill_next_token_bitmask(self._mask)
        xgrammar.apply_token_bitmask_inplace(torch.from_numpy(scores)[None], self._mask)
        scores[self._illegal] = -np.inf
        if closing and np.isfinite(closed := np.where(self._closing, scores, -np.inf)).any():
            return int(closed.argmax())
        return int(scores.argmax())

    def _forced(self, matcher: xgrammar.GrammarMatcher, tokens: list[int]) -> list[int]:
        """The tokens of the only continuation, taken by the matcher. The last word of it is left to the model: it may
        become one token with what follows."""
        only = matcher.find_jump_forward_string()
        if not only:
            return []
        whole = self._tokenizer.encode(self._tokenizer.decode(tokens) + only, add_special_tokens=False)
        if whole.ids[: len(tokens)] != tokens:
            return []
        last = whole.word_ids[-1]
        words = zip(whole.ids[len(tokens) :], whole.word_ids[len(tokens) :], strict=True)
        sure = [token for token, word in words if word != last]
        return [token for token in sure if matcher.accept_token(token)]
