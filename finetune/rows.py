"""One training example, and files of them: JSONL, a row per line."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from finetune.errors import BadRows


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RowMessage(_Frozen):
    """A part of what the model reads."""

    role: Literal["system", "user"]
    content: str = Field(pattern=r"\S")


class Row(_Frozen):
    """What a model reads and what it should write, for one call of a turn."""

    id: str = Field(min_length=1)
    """Unique in its source."""
    call: Literal["plan", "reply"]
    source: str = Field(min_length=1)
    """Where it is from: 'redial', 'sgd', 'logs', or the name of a catalogue."""
    dialogue: str = Field(min_length=1)
    """Rows of one dialogue stay on one side of a split."""
    language: str = Field(min_length=2)
    tool: str = Field(min_length=1)
    """The most telling tool of a plan; 'reply' for a reply."""
    messages: tuple[RowMessage, ...] = Field(min_length=2)
    """A system message, then the state as the user's."""
    completion: str = Field(pattern=r"\S")

    @field_validator("messages")
    @classmethod
    def _alternate(cls, messages: tuple[RowMessage, ...]) -> tuple[RowMessage, ...]:
        if messages[0].role != "system" or messages[-1].role != "user":
            roles = ", ".join(m.role for m in messages)
            raise ValueError(f"messages are {roles}; they begin with the system's and end with the user's")
        return messages


def read_rows(path: Path) -> tuple[Row, ...]:
    """Read a file; BadRows names the line that cannot be used, and a file that is missing or holds none."""
    rows = tuple(_rows(path))
    if not rows:
        raise BadRows(str(path), 0, "holds no rows; make some with 'sommelier finetune data --out DIR'")
    return rows


def write_rows(path: Path, rows: Iterable[Row]) -> int:
    """Write a file, whole or not at all; how many rows it holds. BadRows when it cannot be written."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as file:
            count = sum(1 for row in rows if file.write(row.model_dump_json() + "\n"))
        part.replace(path)
    except OSError as error:
        if part.is_file():
            part.unlink()
        raise BadRows(str(path), 0, f"cannot be written: {_why(error)}; free space or name another place") from error
    return count


def _rows(path: Path) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _row(path, number, line)
    except UnicodeDecodeError as error:
        raise BadRows(str(path), 0, f"is no UTF-8 text: {error.reason}; write it anew") from error
    except OSError as error:
        raise BadRows(
            str(path), 0, f"cannot be read: {error.strerror or error}; give the path of a JSONL file"
        ) from error


def _row(path: Path, number: int, line: str) -> Row:
    try:
        return Row.model_validate_json(line)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in fault["loc"]) or "the line"
        given = line.strip() if fault["type"] == "json_invalid" else repr(fault["input"])
        raise BadRows(str(path), number, f"{place}: {fault['msg']}, got {given[:60]!r}") from error


def _why(error: OSError) -> str:
    return error.strerror or str(error)


def digest(rows: Iterable[Row]) -> str:
    """SHA-256 of rows in their order."""
    total = sha256()
    for row in rows:
        total.update(row.model_dump_json().encode() + b"\n")
    return total.hexdigest()
