"""One row of a table, whatever file it is from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from retrieval.errors import RowRejected


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the file has it. `line` is where it starts, from 1 (Parquet: the number of the row)."""

    line: int
    cells: Mapping[str, object]


Rows: TypeAlias = Iterator[Row | RowRejected]
