"""What the routes share: the assistants by name, how many turns run, what is counted."""

from collections.abc import AsyncGenerator, Iterator, MutableMapping
from contextlib import aclosing, contextmanager
from functools import partial

from agent import Assistant, TurnRequest
from agent.types import Event
from ui.http_errors import ApiError
from ui.metrics import Metrics

_PREFIX = "sommelier-"
_AT_ONCE = 64
"""Turns that run at the same time; further ones are sent away (429) instead of piling up."""


class Served:
    """The assistants of a server, by catalogue name, offered as models `sommelier-<name>`; the first is the default."""

    def __init__(
        self,
        assistants: MutableMapping[str, Assistant],
        metrics: Metrics,
        *,
        max_chars: int = 8000,
        at_once: int = _AT_ONCE,
    ) -> None:
        self.assistants = assistants
        self.coming: dict[str, str] = {}
        """Catalogues that will be offered, and how far they are."""
        self.metrics = metrics
        for name, assistant in self.assistants.items():
            assistant.watch(partial(metrics.watch, name))
        self.max_chars = max_chars
        self._at_once = at_once
        self._running = 0

    def offer(self, name: str, assistant: Assistant) -> None:
        """Offer one more catalogue from now on, to all who hold the same mapping of assistants."""
        assistant.watch(partial(self.metrics.watch, name))
        self.assistants[name] = assistant

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models."""
        return tuple(_PREFIX + name for name in self.assistants)

    def named(self, model: str) -> str:
        """The catalogue a model stands for, '' for the first one's; ApiError (404) for another name."""
        name = model.removeprefix(_PREFIX) if model else next(iter(self.assistants))
        if name not in self.assistants or (model and not model.startswith(_PREFIX)):
            known = ", ".join(self.models)
            raise ApiError(404, f"there is no model {model[:80]!r}; there is {known}", "model", "model_not_found")
        return name

    def assistant(self, model: str) -> Assistant:
        """The assistant of a model, '' for the first one."""
        return self.assistants[self.named(model)]

    async def turn(self, name: str, request: TurnRequest) -> AsyncGenerator[Event, None]:
        """Run a turn; ApiError (429) when too many run."""
        with self._place():
            async with aclosing(self.assistants[name].reply(request)) as events:
                async for event in events:
                    yield event

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._running >= self._at_once:
            message = f"{self._running} turns are running, as many as there may be; try again in a second"
            raise ApiError(429, message, code="too_many_turns", headers={"Retry-After": "1"})
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
