"""CSV, JSON Lines and Parquet files to rows, streamed; what cannot be a row is returned as the reason why."""

import json
import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from retrieval.csvfile import read_csv
from retrieval.errors import CatalogError, RowRejected
from retrieval.rows import Row, Rows
from retrieval.textfile import read_lines

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz", ".parquet")
"""The name of a table file ends in one of these."""


def read_table(path: Path) -> Rows:
    """Stream the rows of a table; CatalogError when the file as a whole cannot be read."""
    name = path.name.lower()
    if not name.endswith(SUFFIXES):
        raise CatalogError(f"{path.name!r} does not end in {', '.join(SUFFIXES)}; convert it to CSV or JSON Lines")
    if not path.is_file():
        raise CatalogError(f"there is no file {str(path)!r}; check the path")
    if name.endswith(".parquet"):
        return _parquet(path)
    return _jsonl(path) if ".jsonl" in name else read_csv(path)


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
