"""What shows an item: a picture kept in the index, named by its content, or an address on the web. Pure."""

import re
from dataclasses import dataclass
from pathlib import Path

from retrieval.manifest import CatalogSpec
from retrieval.types import Item

PICTURES = "pictures"
"""The folder of an index version that holds them."""

_KEPT = re.compile(r"[0-9a-f]{64}\.(?:jpg|png|webp)")


@dataclass(frozen=True, slots=True)
class Picture:
    """What shows an item: a file of the index by its name, or an address on the web. One of them is empty."""

    name: str = ""
    url: str = ""


def picture_of(item: Item, spec: CatalogSpec) -> Picture | None:
    """The picture of an item, if it has one."""
    for name, facet in spec.facets.items():
        held = item.facets.get(name)
        if facet.kind == "image" and isinstance(held, str) and held:
            return Picture(name=held) if _KEPT.fullmatch(held) else Picture(url=held)
    return None


def picture_file(version: Path, name: str) -> Path | None:
    """Where the version of an index keeps a picture; None for a name that is not one of its pictures."""
    path = version / PICTURES / name
    return path if _KEPT.fullmatch(name) and path.is_file() else None
