"""The models that are measured, by what a person writes: 'rules', 'base', an adapter's folder, a server's address."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import SecretStr

from agent.config import Settings
from agent.ports import ChatModel, PlanContext, TellContext, Understood
from agent.rules.model import RulesModel
from agent.types import Credit
from finetune.errors import BadOptions
from finetune.evaluate_cases import World

ModelOn: TypeAlias = Callable[[World], ChatModel]
"""A model, ready for any catalogue."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A row of the table."""

    name: str
    spec: str
    on: ModelOn


class Two:
    """One model plans, another one tells."""

    def __init__(self, planner: ChatModel, teller: ChatModel) -> None:
        self._planner, self._teller = planner, teller

    @property
    def tier(self) -> str:
        """The teller's, for its words are checked."""
        return self._teller.tier

    async def plan(self, context: PlanContext) -> Understood:
        """As the planner."""
        return await self._planner.plan(context)

    def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """As the teller."""
        return self._teller.tell(context)


def contender(given: str, settings: Settings) -> Contender:
    """Read NAME=SPEC or SPEC; BadOptions for one that means nothing.

    SPEC is 'rules'; 'base', the bundled model untuned; the folder of an adapter; URL#MODEL of an OpenAI-compatible
    server; or two of them, 'PLANNER+TELLER'. Before a model, 'full:' or 'brief:' says which prompts it reads.
    """
    name, named, spec = given.partition("=")
    if not named or set(name) & set("/#"):
        name, spec = given.rpartition("#")[2].rstrip("/").rpartition("/")[2], given
    planner, two, teller = spec.partition("+")
    first = _model(planner, settings)
    if not two:
        return Contender(name, spec, first)
    second = _model(teller, settings)
    return Contender(name, spec, lambda world: Two(first(world), second(world)))


def _model(spec: str, settings: Settings) -> ModelOn:
    style, colon, rest = spec.partition(":")
    style, rest = (style, rest) if colon and style in _STYLES else ("", spec)
    if rest == "rules":
        return lambda world: RulesModel(world.linker, world.catalog)
    if rest.startswith(("http://", "https://")):
        return _served(rest, style, settings)
    return _local(rest, style, settings)


_STYLES: Mapping[str, str] = {"full": "full", "brief": "brief"}


def _served(spec: str, style: str, settings: Settings) -> ModelOn:
    from agent.llm_openai import OpenAIModel, Server  # only here: LangChain takes a second to import

    url, _, model = spec.partition("#")
    if not model:
        raise BadOptions(f"the model {spec!r} names no model of its server; write URL#MODEL")
    server = Server(url, model, SecretStr(settings.llm_key.get_secret_value()), 300.0, 300.0)
    return lambda world: OpenAIModel(server, world.catalog)


def _local(spec: str, style: str, settings: Settings) -> ModelOn:
    raise BadOptions(f"{spec!r} is neither 'rules' nor URL#MODEL; write one of them")
