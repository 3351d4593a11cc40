"""`catalogs`: which there are, and which are built."""

import json
import sys
from collections.abc import Iterable

from agent.app import bundled, index_of, is_built
from agent.config import Settings
from retrieval.errors import IndexMissing, IndexUnusable
from retrieval.layout import read_manifest
from retrieval.spec_file import read_overlay
from retrieval.versions import current_version
from ui.cli_screen import Screen

_COLUMNS = ("name", "title", "items", "state")


def show_catalogs(settings: Settings, *, as_json: bool) -> None:
    """List the bundled catalogues, the default one first, and others that were built into the same home."""
    rows = [*_bundled(settings), *_others(settings)]
    if as_json:
        views = [dict(zip(_COLUMNS, (*row[:2], int(row[2]) if row[2] else None, row[3]), strict=True)) for row in rows]
        sys.stdout.write(json.dumps(views, ensure_ascii=False) + "\n")
    else:
        Screen().rows(_COLUMNS, rows)


def _bundled(settings: Settings) -> Iterable[tuple[str, str, str, str]]:
    for name, source in bundled(settings).items():
        title, items, state = _built(name, settings) or (read_overlay(source.spec).spec.title, "", "not built")
        yield name, title, items, state if not items or is_built(name, settings) else "out of date"


def _others(settings: Settings) -> Iterable[tuple[str, str, str, str]]:
    folder, known = settings.home / "indexes", bundled(settings)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir() and path.name not in known and (built := _built(path.name, settings)):
            yield str(path), *built


def _built(name: str, settings: Settings) -> tuple[str, str, str] | None:
    try:
        manifest = read_manifest(current_version(index_of(name, settings)))
    except (IndexMissing, IndexUnusable):
        return None
    return manifest.spec.title or manifest.spec.name, f"{manifest.items}", "built"
