"""`build` and `items`: make and change an index from the terminal."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.app import bundled, index_of
from agent.config import Settings
from retrieval.build import build
from retrieval.layout import REJECTED, read_manifest
from retrieval.manifest import Manifest
from retrieval.pictures import PictureFiles
from retrieval.source import Source, find_source, source_of
from retrieval.update import apply_changes, read_changes
from retrieval.versions import current_version
from ui.cli_progress import LateBars
from ui.cli_text import safe
from ui.errors import BadInput

_EXAMPLE = 60
_OVERRIDE = 'Otherwise? Write it into catalog.toml beside the file and build again, e.g. [columns] title = "name" or \
[facets.price] kind = "text"; manifest.json names the line for every column.'


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to build, as given on the command line."""

    folder: str = ""
    """A folder, or the name of a bundled catalogue."""
    items: Path | None = None
    interactions: Path | None = None
    out: Path | None = None
    strict: bool = False


def build_index(wanted: Wanted, settings: Settings) -> None:
    """Build an index and print what came of it."""
    source, out = _source(wanted, settings), _out(wanted, settings)
    with LateBars() as bars:
        manifest = build(
            source,
            out,
            home=settings.home,
            embedder=settings.embedder,
            strict=wanted.strict,
            chroma_url=settings.chroma_url,
            progress=bars,
        )
    _report(manifest, out)


def add_items(catalog: str, file: Path, settings: Settings) -> None:
    """Add the items of a file, or replace those of the same ids."""
    out = _index_of(catalog, settings)
    spec = read_manifest(current_version(out)).spec
    pictures = PictureFiles(file.parent)
    items = read_changes(file, spec, pictures)
    manifest = apply_changes(out, items, home=settings.home, pictures=pictures)
    sys.stdout.write(f"{len(items)} {spec.nouns} added or replaced; the catalogue has {manifest.items}\n")


def delete_items(catalog: str, ids: Sequence[str], settings: Settings) -> None:
    """Delete items by id; all of them or none."""
    manifest = apply_changes(_index_of(catalog, settings), (), tuple(ids), home=settings.home)
    sys.stdout.write(f"{len(set(ids))} {manifest.spec.nouns} deleted; the catalogue has {manifest.items}\n")


def _out(wanted: Wanted, settings: Settings) -> Path:
    if wanted.out is not None:
        return wanted.out
    if _is_bundled(wanted.folder, settings):
        return index_of(wanted.folder, settings)
    raise BadInput("there is no --out; say where the index goes, for example --out my-index")


def _is_bundled(folder: str, settings: Settings) -> bool:
    return folder in bundled(settings) and not Path(folder).is_dir()


def _source(wanted: Wanted, settings: Settings) -> Source:
    if wanted.items is not None:
        if wanted.folder:
            raise BadInput(f"both {wanted.folder!r} and --items are given; give one of them")
        return source_of(wanted.items, wanted.interactions)
    if not wanted.folder:
        raise BadInput("there is nothing to build from; give a folder, or --items FILE")
    if wanted.interactions is not None:
        raise BadInput("--interactions goes with --items; a folder has its own interactions file")
    if _is_bundled(wanted.folder, settings):
        return bundled(settings)[wanted.folder]
    given = Path(wanted.folder)
    return source_of(given) if given.is_file() else find_source(given)


def _index_of(catalog: str, settings: Settings) -> Path:
    name = catalog or settings.catalog
    return index_of(name, settings) if name in bundled(settings) else Path(name)


def _report(manifest: Manifest, out: Path) -> None:
    console = Console()
    console.print(_totals(manifest, out))
    console.print(_columns(manifest))
    if manifest.validation:
        console.print(_comparison(manifest))
    for warning in manifest.warnings:
        console.print(Text(safe(f"note: {warning}")))


def _totals(manifest: Manifest, out: Path) -> Table:
    rejected = f"{manifest.rows_rejected}"
    if manifest.rows_rejected:
        rejected += f" (see {current_version(out) / REJECTED})"
    facets = ", ".join(
        f"{name} ({spec.kind}, {manifest.coverage.get(name, 0):.0%})" for name, spec in manifest.spec.facets.items()
    )
    rows = {
        "catalogue": f"{manifest.spec.title or manifest.spec.name}, at {out}",
        "rows in": f"{manifest.rows_in}",
        "rejected": rejected,
        "items": f"{manifest.items}",
        "interactions": f"{manifest.interactions} of {manifest.people} people",
        "facets": facets or "none",
        "embedder": f"{manifest.embedder}, {manifest.dimensions} dimensions",
        "collaborative": manifest.cf or "none: content only",
        "time": f"{sum(manifest.seconds.values()):.1f} s",
    }
    table = Table(show_header=False, box=None)
    for name, value in rows.items():
        table.add_row(Text(name, style="bold"), Text(safe(value), overflow="fold"))
    return table


def _columns(manifest: Manifest) -> Table:
    """Every column of the file: what it was taken for, and why."""
    table = Table(title="columns", caption=Text(_OVERRIDE), box=None, title_justify="left", caption_justify="left")
    for name in ("column", "read as", "filled", "why", "for example"):
        table.add_column(name, justify="right" if name == "filled" else "left", overflow="fold")
    for column in manifest.columns:
        read_as = f"{column.read_as} ({column.kind})" if column.kind else column.read_as
        shown = " · ".join(column.examples)[:_EXAMPLE]
        cells = (column.column or "(made)", read_as, f"{column.filled:.0%}", column.why, shown)
        table.add_row(*(Text(safe(cell)) for cell in cells))
    return table


def _comparison(manifest: Manifest) -> Table:
    table = Table(title="held-out interactions", box=None)
    for column in ("source", "HR@10", "NDCG@10", "n", "seconds"):
        table.add_column(column, justify="left" if column == "source" else "right")
    for line in manifest.validation:
        numbers = (f"{line.hr_at_10:.3f}", f"{line.ndcg_at_10:.3f}", f"{line.n}", f"{line.seconds:.1f}")
        table.add_row(Text(safe(line.source)), *numbers)
    return table
