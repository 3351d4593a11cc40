"""A plan as the text of a required tool call, as OpenAI-compatible servers have a model write it. Pure.

`[{"name":"search","parameters":{"query":"heist"}}]`: what a tuned model learns to write, and the schema that its
decoding is held to. The same text is read back by `tool_calls.written`.
"""

import json
from collections.abc import Sequence
from types import MappingProxyType

from agent.errors import BadPlan
from agent.plan import Action, Plan
from agent.quoting import one_line
from agent.tool_calls import written
from agent.tool_schema import Json, action_of, checked_names, plan_of, tools_of
from retrieval.catalog import Catalog

MOST_CALLS = 6
"""Calls that a message may need; a model that repeats itself is cut there."""


def plan_text(actions: Sequence[Action]) -> str:
    """Write calls down, defaults left out, whole numbers as such, without spaces between the signs."""
    calls = [{"name": a.tool, "parameters": _short(a.model_dump(mode="json", exclude_defaults=True))} for a in actions]
    return json.dumps(calls, ensure_ascii=False, separators=(",", ":"))


def plan_schema(catalog: Catalog) -> Json:
    """The JSON schema of such a text for one catalogue."""
    calls = [
        {
            "type": "object",
            "properties": {"name": {"const": tool.name}, "parameters": dict(tool.parameters)},
            "required": ["name", "parameters"],
            "additionalProperties": False,
        }
        for tool in tools_of(catalog)
    ]
    return MappingProxyType({"type": "array", "minItems": 1, "maxItems": MOST_CALLS, "items": {"anyOf": calls}})


def plan_from(text: str, catalog: Catalog) -> Plan:
    """Read such a text; BadPlan for one that cannot be run as a whole."""
    calls = written(text)
    if not calls:
        raise BadPlan(f"no tool was called in {one_line(text, 80)!r}")
    return plan_of([checked_names(action_of(call.name, call.arguments), catalog) for call in calls])


def _short(value: object) -> object:
    """1990.0 as 1990: two tokens less for each number that a model writes."""
    if isinstance(value, dict):
        return {key: _short(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_short(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
