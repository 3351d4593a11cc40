"""CSV, JSON Lines and Parquet files to rows, streamed; what cannot be a row is returned as the reason why."""

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from retrieval.errors import CatalogError, RowRejected
from retrieval.textfile import read_lines

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz", ".parquet")
"""The name of a table file ends in one of these."""

_SNIFFED_LINES = 50
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the file has it. `line` is where it starts, from 1 (Parquet: the number of the row)."""

    line: int
    cells: Mapping[str, object]


Rows: TypeAlias = Iterator[Row | RowRejected]


def read_table(path: Path) -> Rows:
    """Stream the rows of a table; CatalogError when the file as a whole cannot be read."""
    name = path.name.lower()
    if not name.endswith(SUFFIXES):
        raise CatalogError(f"{path.name!r} does not end in {', '.join(SUFFIXES)}; convert it to CSV or JSON Lines")
    if not path.is_file():
        raise CatalogError(f"there is no file {str(path)!r}; check the path")
    if name.endswith(".parquet"):
        return _parquet(path)
    return _jsonl(path) if ".jsonl" in name else _csv(path)


def _csv(path: Path) -> Rows:
    lines = read_lines(path, newline="")
    head = list(islice(lines, _SNIFFED_LINES))
    reader = csv.reader(chain(head, lines), delimiter=_delimiter(path, head), strict=True)
    header = _header(path, reader)
    last = reader.line_num
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield RowRejected(path.name, last + 1, "", "", f"not CSV: {error}")
            last = reader.line_num
            continue
        line, last = last + 1, reader.line_num
        if len(cells) == len(header):
            yield Row(line, dict(zip(header, cells, strict=True)))
        elif any(cell.strip() for cell in cells):
            reason = f"{len(cells)} cells where the header has {len(header)}; quote cells that hold the separator"
            yield RowRejected(path.name, line, "", ",".join(cells), reason)


def _delimiter(path: Path, head: Sequence[str]) -> str:
    if ".tsv" in path.name.lower():
        return "\t"
    first = head[0] if head else ""
    if sum(d in first for d in _DELIMITERS) <= 1:
        return next((d for d in _DELIMITERS if d in first), ",")
    try:
        return csv.Sniffer().sniff("".join(head), _DELIMITERS).delimiter
    except csv.Error:
        return max(_DELIMITERS, key=first.count)


def _header(path: Path, reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [cell.strip() for cell in next(reader)]
    except StopIteration:
        raise CatalogError(f"{path.name!r} is empty; its first line must name the columns") from None
    except csv.Error as error:
        raise CatalogError(f"the first line of {path.name!r} is not CSV ({error}); it must name the columns") from error
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise CatalogError(f"{path.name!r} has two columns named {twice!r}; rename one of them")
    return header


def _jsonl(path: Path) -> Rows:
    for line, text in enumerate(read_lines(path), start=1):
        if not text.strip():
            continue
        try:
            row = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            yield RowRejected(path.name, line, "", text.strip(), f"not JSON: {error}")
            continue
        if isinstance(row, dict):
            yield Row(line, row)
        else:
            yield RowRejected(path.name, line, "", text.strip(), 'not a JSON object; write {"item_id": …, "title": …}')


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _parquet(path: Path) -> Rows:
    try:
        table = pq.ParquetFile(path)
        names = table.schema_arrow.names
        if len(set(names)) < len(names):
            raise CatalogError(f"{path.name!r} has two columns of one name among {names!r}; rename one of them")
        number = 0
        for batch in table.iter_batches():
            for row in batch.to_pylist():
                number += 1
                yield Row(number, {name: None if _is_nan(cell) else cell for name, cell in row.items()})
    except (pa.ArrowException, OSError, ValueError) as error:
        raise CatalogError(f"{path.name!r} is not a readable Parquet file ({error}); write it again") from error


def _is_nan(cell: object) -> bool:
    # Data frames write "no value" as NaN; only there it is not a mistake.
    return isinstance(cell, float) and math.isnan(cell)
