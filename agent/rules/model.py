"""The last rung of the ladder as a ChatModel: understand by rules, tell by sentences."""

import asyncio
from collections.abc import AsyncGenerator

from agent.languages import DEFAULT
from agent.plan import Plan
from agent.ports import PlanContext, TellContext, Understood
from agent.rules.language_file import has_rules
from agent.rules.reading import Rules, rules_for
from agent.rules.tell import tell
from agent.rules.understand import understand
from agent.types import Credit
from retrieval.catalog import Catalog
from retrieval.entities import Linker


class RulesModel:
    """Needs no model, no key and no network; built once per catalogue."""

    tier = "rules"

    def __init__(self, linker: Linker, catalog: Catalog) -> None:
        self._rules: dict[str, Rules] = {}
        self._linker = linker
        self._catalog = catalog
        self._rules_of(DEFAULT)  # a wrong file stops the start, not the first turn

    async def plan(self, context: PlanContext) -> Understood:
        """Read one message as a plan; what says nothing is an `unclear` chat."""
        return Understood(await asyncio.to_thread(self._understand, context), Credit(self.tier))

    async def tell(self, context: TellContext) -> AsyncGenerator[str | Credit, None]:
        """Stream the reply word by word."""
        for piece in tell(context, self._catalog, context.language):
            yield piece
        yield Credit(self.tier)

    def _understand(self, context: PlanContext) -> Plan:
        return understand(context, self._rules_of(context.language))

    def _rules_of(self, language: str) -> Rules:
        """The rules of a language, compiled when it is first spoken; English ones for a language without rules."""
        code = language if has_rules(language) else DEFAULT
        if code not in self._rules:
            self._rules[code] = rules_for(self._catalog, self._linker, code)
        return self._rules[code]
