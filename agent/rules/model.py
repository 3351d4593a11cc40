"""The last rung of the ladder as a ChatModel: understand by rules, tell by sentences."""

import asyncio
from collections.abc import AsyncIterator

from agent.plan import Plan
from agent.ports import PlanContext, TellContext
from agent.rules.reading import rules_for
from agent.rules.tell import tell
from agent.rules.understand import understand
from retrieval.catalog import Catalog
from retrieval.entities import Linker


class RulesModel:
    """Needs no model, no key and no network; built once per catalogue."""

    tier = "rules"

    def __init__(self, linker: Linker, catalog: Catalog) -> None:
        self._rules = rules_for(catalog, linker)
        self._catalog = catalog

    async def plan(self, context: PlanContext) -> Plan:
        """Read one message as a plan; what says nothing is an `unclear` chat."""
        return await asyncio.to_thread(understand, context, self._rules)

    async def tell(self, context: TellContext) -> AsyncIterator[str]:
        """Stream the reply word by word."""
        for piece in tell(context, self._catalog):
            yield piece
