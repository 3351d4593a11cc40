"""The files a catalogue is built from."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import CatalogError
from retrieval.tables import SUFFIXES

_CHUNK = 1 << 20
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Source:
    """Items, and what may come with them. `name` is the catalogue's unless catalog.toml says another."""

    items: Path
    interactions: Path | None = None
    spec: Path | None = None
    aliases: tuple[Path, ...] = ()
    embeddings: Path | None = None
    name: str = "catalog"

    def hashes(self) -> dict[str, str]:
        """SHA-256 of every file, by file name."""
        paths = [self.items, self.interactions, self.spec, *self.aliases, self.embeddings]
        return {path.name: _sha256(path) for path in paths if path is not None}


def find_source(folder: Path) -> Source:
    """What lies in a folder: items.*, interactions.*, catalog.toml, aliases.*.toml, embeddings.npz."""
    if not folder.is_dir():
        raise CatalogError(f"there is no folder {str(folder)!r}; give a folder with items.csv, .jsonl or .parquet")
    items = _table(folder, "items")
    if items is None:
        raise CatalogError(f"{str(folder)!r} holds no items.csv, items.jsonl or items.parquet; add one")
    spec, embeddings = folder / "catalog.toml", folder / "embeddings.npz"
    return Source(
        items=items,
        interactions=_table(folder, "interactions"),
        spec=spec if spec.is_file() else None,
        aliases=tuple(sorted(folder.glob("aliases.*.toml"))),
        embeddings=embeddings if embeddings.is_file() else None,
        name=_NOT_A_NAME.sub("-", folder.resolve().name).strip("-") or "catalog",
    )


def source_of(items: Path, interactions: Path | None = None) -> Source:
    """Files that lie anywhere; what is beside the items (catalog.toml, aliases) is used as well."""
    for path in (items, interactions):
        if path is not None and not path.is_file():
            raise CatalogError(f"there is no file {str(path)!r}; check the path")
    spec = items.parent / "catalog.toml"
    name = items.name.split(".")[0] if items.name.split(".")[0] != "items" else items.resolve().parent.name
    return Source(
        items=items,
        interactions=interactions,
        spec=spec if spec.is_file() else None,
        aliases=tuple(sorted(items.parent.glob("aliases.*.toml"))),
        name=_NOT_A_NAME.sub("-", name).strip("-") or "catalog",
    )


def _table(folder: Path, stem: str) -> Path | None:
    found = [folder / f"{stem}{suffix}" for suffix in SUFFIXES if (folder / f"{stem}{suffix}").is_file()]
    if len(found) > 1:
        raise CatalogError(f"both {found[0].name!r} and {found[1].name!r} are in {str(folder)!r}; keep one")
    return found[0] if found else None


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as raw:
            while chunk := raw.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise CatalogError(f"cannot read {str(path)!r}: {error.strerror}; check the file") from error
    return digest.hexdigest()
