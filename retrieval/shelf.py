"""The catalogue of an index version on disk: columns read at once, items when one is asked for."""

import json
import mmap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import overload
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from retrieval import layout
from retrieval.catalog import Catalog, Columns, Labels
from retrieval.errors import IndexUnusable
from retrieval.manifest import CatalogSpec
from retrieval.postings import Postings
from retrieval.translation import Translation
from retrieval.types import Item

COLUMNS, NAMES = "columns.npz", "columns.json"


class ShelvedItems(Sequence[Item]):
    """The items of an items.jsonl, each decoded when it is looked at: a million of them take no memory."""

    def __init__(self, path: Path, starts: NDArray[np.int64], spec: CatalogSpec) -> None:
        """Take where each line starts, and where the last one ends; IndexUnusable if the file ends elsewhere."""
        self._path, self._starts = path, starts
        self._kinds = {name: facet.kind for name, facet in spec.facets.items()}
        size = path.stat().st_size if path.is_file() else -1
        if size != starts[-1]:
            raise IndexUnusable(f"{str(path)!r} has {size:,} bytes, not {starts[-1]:,}; build the index again")
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, row: int) -> Item: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Item]: ...
    def __getitem__(self, row: int | slice) -> Item | Sequence[Item]:
        if isinstance(row, slice):
            return [self[r] for r in range(*row.indices(len(self)))]
        row = range(len(self))[row]
        return layout.read_item(self._bytes[self._starts[row] : self._starts[row + 1]], self._kinds, self._path)

    def __iter__(self) -> Iterator[Item]:
        return (self[row] for row in range(len(self)))


def write_catalog(folder: Path, catalog: Catalog) -> None:
    """Write items.jsonl and the columns beside it."""
    layout.write_items(folder, catalog.items)
    write_columns(folder, catalog)


def write_columns(folder: Path, catalog: Catalog) -> None:
    """Write the columns of a catalogue whose items.jsonl is in the folder."""
    lengths = [len(line) for line in (folder / layout.ITEMS).open("rb")]
    arrays: dict[str, NDArray[np.generic]] = {"starts": np.cumsum([0, *lengths], dtype=np.int64)}
    names: dict[str, Sequence[str]] = {"ids": catalog.ids, "titles": catalog.titles}
    for facet, spec in catalog.spec.facets.items():
        if spec.kind == "categorical":
            labels = catalog.label_column(facet)
            names[f"labels {facet}"] = labels.names
            arrays |= {f"ends {facet}": labels.held.ends, f"rows {facet}": labels.held.rows}
        elif spec.kind in ("numeric", "date", "boolean"):
            arrays[f"numbers {facet}"] = catalog.numbers(facet)
    (folder / NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    np.savez(folder / COLUMNS, allow_pickle=False, **arrays)


def read_catalog(folder: Path, spec: CatalogSpec, translations: Mapping[str, Translation] | None = None) -> Catalog:
    """Open what `write_catalog` wrote; IndexUnusable if it is not that."""
    try:
        names: Mapping[str, list[str]] = json.loads((folder / NAMES).read_text(encoding="utf-8"))
        with np.load(folder / COLUMNS, allow_pickle=False) as data:
            arrays = {name: data[name] for name in data.files}
        items = ShelvedItems(folder / layout.ITEMS, arrays["starts"], spec)
        kinds = {name: facet.kind for name, facet in spec.facets.items()}
        columns = Columns(
            tuple(names["ids"]),
            tuple(names["titles"]),
            {name: arrays[f"numbers {name}"] for name in kinds if f"numbers {name}" in arrays},
            {
                name: Labels(
                    tuple(names[f"labels {name}"]), Postings(len(items), arrays[f"ends {name}"], arrays[f"rows {name}"])
                )
                for name, kind in kinds.items()
                if kind == "categorical"
            },
        )
        if not len(items) == len(columns.ids) == len(columns.titles):
            raise ValueError(f"{len(items):,} items, {len(columns.ids):,} ids")  # noqa: TRY301 - damage like any other
    except (OSError, ValueError, KeyError, TypeError, BadZipFile, EOFError) as error:
        raise IndexUnusable(
            f"the columns in {str(folder)!r} cannot be read ({error!r}); build the index again"
        ) from error
    return Catalog(items, spec, translations, columns)
