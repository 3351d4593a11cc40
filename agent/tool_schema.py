"""The tools of `agent/plan.py` as JSON schemas for one catalogue: a model can only name facets and values that exist.

One definition, three ways out: our own model, LangChain tools, MCP. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias, get_args

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from agent.errors import BadPlan
from agent.plan import Action, Filter, Order, Plan
from agent.quoting import one_line
from retrieval.catalog import Catalog
from retrieval.manifest import FacetSpec

Json: TypeAlias = Mapping[str, object]

_ENUM = 60
"""A categorical facet of at most so many values is listed in full; names of people and brands are not."""
_MOST = 12
_SCALARS = {"numeric": {"type": "number"}, "boolean": {"type": "boolean"}, "date": {"type": "string", "format": "date"}}
_TYPES = {cls.model_fields["tool"].default: cls for cls in get_args(get_args(Action)[0])}
_ACTION: TypeAdapter[Action] = TypeAdapter(Action)


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: what a model reads of it, and the JSON schema of its arguments."""

    name: str
    description: str
    parameters: Json


def tools_of(catalog: Catalog) -> tuple[Tool, ...]:
    """The tools as one catalogue offers them."""
    return tuple(_tool(name, _Schema.model_validate(cls.model_json_schema()), catalog) for name, cls in _TYPES.items())


def action_of(name: str, arguments: object) -> Action:
    """One call of a plan; BadPlan for a tool that there is not, or arguments that do not fit."""
    if name not in _TYPES:
        raise BadPlan(f"there is no tool {name[:60]!r}; there are {', '.join(_TYPES)}")
    if not isinstance(arguments, Mapping):
        raise BadPlan(f"the arguments of {name!r} are {one_line(repr(arguments), 80)}; give a JSON object")
    try:
        return _ACTION.validate_python({**arguments, "tool": name}, strict=False)
    except ValidationError as error:
        raise BadPlan(f"the arguments of {name!r} do not fit: {_faults(error)}") from error


def checked_names(action: Action, catalog: Catalog) -> Action:
    """Refuse facets that the catalogue lacks (BadPlan); values are resolved, or told as unknown, when it runs."""
    facets = catalog.spec.facets
    for name, place in _facets(action):
        if name and name not in facets:
            raise BadPlan(f"{place} of {action.tool!r} names the facet {name[:60]!r}; there are {', '.join(facets)}")
    return action


def plan_of(actions: Sequence[Action]) -> Plan:
    """A plan of the first calls, at most as many as one may hold."""
    return Plan(actions=tuple(actions[:_MOST]))


def _facets(action: Action) -> Iterable[tuple[str, str]]:
    for name, value in action:
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Filter | Order):
                yield part.facet, name
            elif name in ("facet", "drop") and isinstance(part, str):
                yield part, name


def _faults(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False)[:3]
    where = ((".".join(str(part) for part in f["loc"][1:]) or "the call", f) for f in faults)
    return "; ".join(f"{place} = {one_line(repr(f['input']), 60)}: {f['msg']}" for place, f in where)


class _Schema(BaseModel):
    """What pydantic writes about a class."""

    description: str = ""
    properties: dict[str, object]
    required: list[str] = []
    definitions: dict[str, object] = Field(default={}, alias="$defs")


def _tool(name: str, schema: _Schema, catalog: Catalog) -> Tool:
    given = {k: _shaped(v, schema.definitions, catalog) for k, v in schema.properties.items() if k != "tool"}
    required = {"required": [k for k in schema.required if k != "tool"]} if schema.required else {}
    parameters = {"type": "object", "properties": given, "additionalProperties": False, **required}
    return Tool(name, one_line(schema.description, 600), MappingProxyType(parameters))


def _shaped(node: object, definitions: Mapping[str, object], catalog: Catalog) -> object:
    """A part of a schema with references put in, facets listed, and pydantic's titles left out."""
    if isinstance(node, list):
        return [_shaped(part, definitions, catalog) for part in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = str(node["$ref"]).rsplit("/", 1)[-1]
        return _filter(catalog) if name == "Filter" else _shaped(definitions[name], definitions, catalog)
    if node.get("format") in ("facet", "ordered facet"):
        return _names(node, catalog)
    return {k: _shaped(v, definitions, catalog) for k, v in node.items() if not (k == "title" and isinstance(v, str))}


def _names(node: Mapping[str, object], catalog: Catalog) -> Json:
    ordered = node["format"] == "ordered facet"
    kinds = ("numeric", "date", "boolean") if ordered else ("numeric", "date", "boolean", "categorical")
    names = [name for name, spec in catalog.spec.facets.items() if spec.kind in kinds]
    listed: list[str] = [*names, *([str(node["default"])] if "default" in node else [])]
    kept = {k: v for k, v in node.items() if k in ("default", "description")}
    return {"type": "string", **kept, **({"enum": listed} if names else {})}


def _filter(catalog: Catalog) -> Json:
    """A condition, one alternative per facet: its name, the operators that it knows, the values that it has."""
    kinds = {name: spec for name, spec in catalog.spec.facets.items() if spec.filterable}
    shapes = [_condition(n, spec, catalog) for n, spec in kinds.items() if spec.kind not in ("text", "image")]
    return {"anyOf": shapes} if shapes else {"type": "object", "maxProperties": 0}


def _condition(name: str, spec: FacetSpec, catalog: Catalog) -> Json:
    words = spec.kind in ("categorical", "boolean")
    ops = ["in", "not_in"] if words else ["in", "not_in", "ge", "le", "gt", "lt"]
    value = _SCALARS.get(spec.kind) or _words(name, spec, catalog)
    return {
        "type": "object",
        "properties": {
            "facet": {"const": name},
            "op": {"enum": ops},
            "values": {"type": "array", "items": value, "minItems": 1},
        },
        "required": ["facet", "op", "values"],
        "additionalProperties": False,
    }


def _words(name: str, spec: FacetSpec, catalog: Catalog) -> Json:
    values = catalog.values(name)
    listed = not spec.people and 0 < len(values) <= _ENUM
    return {"type": "string", "enum": sorted(values)} if listed else {"type": "string"}
