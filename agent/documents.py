"""Ledgers, dialogues and traces as JSON text, and back. A date is {"$date": "2001-05-01"}, so that it stays a date."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from agent.errors import StoreError
from agent.profile import Profile
from agent.types import Dialogue

_T = TypeVar("_T")
_DATE = "$date"


def write(value: Profile | Dialogue | Mapping[str, object]) -> str:
    """Write a value as JSON; TypeError for what JSON cannot hold."""
    match value:
        case Profile():
            plain: object = _profiles().dump_python(value)
        case Dialogue():
            plain = _dialogues().dump_python(value)
        case _:
            plain = value
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), default=_tagged)


def read_profile(document: str, where: str) -> Profile:
    """Read a ledger; StoreError that names `where` if it is not one."""
    return _read(document, _profiles(), where)


def read_dialogue(document: str, where: str) -> Dialogue:
    """Read a dialogue; StoreError that names `where` if it is not one."""
    return _read(document, _dialogues(), where)


def read_record(document: str, where: str) -> dict[str, object]:
    """Read any object as plain JSON values, dates in their tagged form; StoreError if it is not one."""
    try:
        return TypeAdapter(dict[str, object]).validate_json(document)
    except ValidationError as error:
        raise _unreadable(document, where) from error


def _read(document: str, adapter: TypeAdapter[_T], where: str) -> _T:
    try:
        return adapter.validate_python(json.loads(document, object_hook=_untagged))
    except ValueError as error:  # JSON, dates and validation alike
        raise _unreadable(document, where) from error


def _unreadable(document: str, where: str) -> StoreError:
    return StoreError(f"{where} cannot be read: {document[:80]!r}; restore a copy, or erase it")


@cache
def _profiles() -> TypeAdapter[Profile]:
    return TypeAdapter(Profile)


@cache
def _dialogues() -> TypeAdapter[Dialogue]:
    return TypeAdapter(Dialogue)


def _tagged(value: object) -> dict[str, str]:
    if isinstance(value, date):
        return {_DATE: value.isoformat()}
    raise TypeError(f"{value!r} cannot be kept as JSON; pass text, numbers, lists or mappings")


def _untagged(value: dict[str, object]) -> object:
    return date.fromisoformat(str(value[_DATE])) if value.keys() == {_DATE} else value
