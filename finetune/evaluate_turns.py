"""Cases from hand-written turns (JSON lines): a message, perhaps a state, and the calls that are expected.

{"kind": "facets", "text": "a slow western", "plan": [{"tool": "search", "query": "~slow",
  "filters": ["genres in Western"]}]}

Filters are written 'facet op value|value', orders [facet, descending]; '~' before a wish says that it has these words
among others. `shown` holds the titles of the list before the message; true stands for the usual one. `said` is the
message before, `person` whom it is for, `catalog` the catalogue. The language is in the file's name: turns_en.jsonl.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from agent.errors import BadPlan
from agent.plan import Action, Search
from agent.ports import PlanContext
from agent.tool_schema import action_of
from agent.types import Message
from finetune.errors import BadRows
from finetune.evaluate_cases import Case, World
from retrieval.types import Item, Op

USUAL = ("The Matrix (1999)", "Inception (2010)", "Heat (1995)", "Titanic (1997)", "Alien (1979)")
"""The list of the turns that say no more than that one was shown."""


def _calls(rows: object) -> object:
    return tuple(map(_call, rows)) if isinstance(rows, list) else rows


class Turn(BaseModel):
    """One line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    text: str
    plan: Annotated[tuple[Action, ...], BeforeValidator(_calls)]
    shown: bool | tuple[str, ...] = ()
    said: str = ""
    person: str = ""
    catalog: str = "movies"
    language: str = ""


def read_turns(path: Path, world_of: Callable[[str], World]) -> tuple[Case, ...]:
    """Read a file; BadRows names the line that is no turn."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadRows(str(path), 0, f"cannot be read: {error}; give the path of a JSONL file") from error
    language = path.stem.rpartition("_")[2]
    turns = [(n, _turn(path, n, line)) for n, line in enumerate(lines, 1) if line.strip()]
    return tuple(
        _case(f"{path.stem}:{n}", turn, turn.language or language, world_of(turn.catalog)) for n, turn in turns
    )


def _turn(path: Path, number: int, line: str) -> Turn:
    try:
        return Turn.model_validate_json(line)
    except (ValidationError, BadPlan, ValueError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise BadRows(str(path), number, f"no turn with a plan: {reason}") from error


def _case(name: str, turn: Turn, language: str, world: World) -> Case:
    titles = USUAL if turn.shown is True else turn.shown or ()
    context = PlanContext(
        text=turn.text,
        messages=(Message("user", turn.said),) if turn.said else (),
        shown=_items(titles, world),
        last=Search(query=world.catalog.spec.nouns) if titles else None,
        person=turn.person,
        language=language,
    )
    return Case(name, f"hand-{language}", turn.kind, name, world, context, turn.plan)


def _items(titles: Sequence[str], world: World) -> tuple[Item, ...]:
    linked = (world.linker.link(title) for title in titles)
    return tuple(item for link in linked if link.candidates and (item := world.catalog.get(link.candidates[0].item_id)))


def _call(row: Mapping[str, object]) -> Action:
    """A call as the files write it."""
    given = {name: _written(name, value) for name, value in row.items() if name != "tool"}
    return action_of(str(row["tool"]), given)


def _written(name: str, value: object) -> object:
    if name in ("filters", "constraints") and isinstance(value, list):
        return [_filter(str(text)) for text in value]
    if name == "condition":
        return _filter(str(value))
    if name in ("sort", "by") and isinstance(value, list):
        return {"facet": value[0], "descending": value[1]}
    if name in ("query", "twist"):
        return str(value).removeprefix("~")
    return value


def _filter(text: str) -> dict[str, object]:
    facet, op, values = text.split(" ", 2)
    numeric = op in (Op.GE, Op.LE, Op.GT, Op.LT)
    return {"facet": facet, "op": op, "values": [_number(v) if numeric else v for v in values.split("|")]}


def _number(text: str) -> float | str:
    """A number; a date stays as it is written."""
    try:
        return float(text)
    except ValueError:
        return text
