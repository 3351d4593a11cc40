"""Plans asked of a model, case by case, and kept as they come: a run that was stopped goes on where it was."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import jsonschema  # type: ignore[import-untyped]  # its stubs are another distribution
from pydantic import BaseModel, ConfigDict, ValidationError

from agent.errors import BadPlan, ModelError, ModelRefused
from agent.plan import Action
from agent.plan_text import plan_schema, plan_text
from agent.ports import ChatModel
from agent.quoting import one_line
from finetune.errors import BadRows, NoAnswer
from finetune.evaluate_cases import Case, World


class Prediction(BaseModel):
    """What a model made of one case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    plan: tuple[Action, ...] | None
    """None where it gave none."""
    valid: bool
    """The text of the plan fits the schema as the model wrote it, with nothing mended or left out."""
    error: str = ""
    notes: tuple[str, ...] = ()
    ms: float
    prompt: int = 0
    completion: int = 0


class _Fault(Protocol):
    message: str


class _Validator(Protocol):
    def iter_errors(self, instance: object) -> Iterable[_Fault]:
        """What does not fit a schema."""


Kept = TypeVar("Kept", bound=BaseModel)


async def predict(
    model: ChatModel, cases: Sequence[Case], path: Path, advance: Callable[[], None] = lambda: None, jobs: int = 1
) -> dict[str, Prediction]:
    """Plans of one catalogue's cases by id: those in the file are read, the others asked for, `jobs` at a time."""
    known = {p.id: p for p in read_kept(path, Prediction)}
    open_cases = [case for case in cases if case.id not in known]
    for _ in range(len(cases) - len(open_cases)):
        advance()
    path.parent.mkdir(parents=True, exist_ok=True)
    worlds = {case.world.name: case.world for case in open_cases}
    schemas = {name: _validator(world) for name, world in worlds.items()}
    with path.open("a", encoding="utf-8") as file:
        for start in range(0, len(open_cases), jobs):
            batch = open_cases[start : start + jobs]
            for prediction in await asyncio.gather(*(_asked(model, c, schemas[c.world.name]) for c in batch)):
                known[prediction.id] = prediction
                file.write(prediction.model_dump_json() + "\n")
                file.flush()
                advance()
    return {case.id: known[case.id] for case in cases}


def read_kept(path: Path, kind: type[Kept]) -> tuple[Kept, ...]:
    """What a file keeps; its last line may be cut, for a run may be killed while it writes."""
    if not path.is_file():
        return ()
    lines = path.read_text(encoding="utf-8").split("\n")
    read = [_line(path, number, line, kind) for number, line in enumerate(lines[:-1], 1) if line.strip()]
    if lines[-1]:  # the end of a killed run: cut off, so that the next line begins on its own
        path.write_text("".join(f"{line}\n" for line in lines[:-1]), encoding="utf-8")
    return tuple(read)


def _line(path: Path, number: int, line: str, kind: type[Kept]) -> Kept:
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        reason = f"no {kind.__name__.lower()}: {line[:60]!r}; remove the file and run again"
        raise BadRows(str(path), number, reason) from error


async def _asked(model: ChatModel, case: Case, validator: _Validator) -> Prediction:
    """One plan. A model that is down ends the run: what it did not answer says nothing about it."""
    start = time.perf_counter()
    try:
        understood = await model.plan(case.context)
    except (BadPlan, ModelRefused) as error:
        return Prediction(id=case.id, plan=None, valid=False, error=str(error), ms=_ms(start))
    except ModelError as error:
        raise NoAnswer(f"{error}; what was answered is kept, run again to go on") from error
    credit, actions = understood.credit, understood.plan.actions
    text = plan_text(actions)
    faults = [
        *(n.detail for n in credit.notes),
        *(one_line(e.message, 160) for e in validator.iter_errors(json.loads(text))),
    ]
    return Prediction(
        id=case.id,
        plan=actions,
        valid=not faults,
        notes=tuple(faults),
        ms=_ms(start),
        prompt=credit.usage.prompt,
        completion=credit.usage.completion,
    )


def _validator(world: World) -> _Validator:
    validator: _Validator = jsonschema.Draft202012Validator(_plain(plan_schema(world.catalog)))
    return validator


def _plain(schema: object) -> object:
    """Read-only mappings as dictionaries, which the validator wants."""
    if isinstance(schema, Mapping):
        return {key: _plain(part) for key, part in schema.items()}
    return [_plain(part) for part in schema] if isinstance(schema, list | tuple) else schema


def _ms(start: float) -> float:
    return round((time.perf_counter() - start) * 1e3, 1)
