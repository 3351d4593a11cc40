"""Pictures of items: a file beside the items, checked and kept in the index under its content, or an address."""

import hashlib
import re
import shutil
import warnings
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from os import link
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image, UnidentifiedImageError

from retrieval.cells import Unreadable, as_text
from retrieval.errors import IndexUnusable
from retrieval.manifest import CatalogSpec
from retrieval.picture import PICTURES, picture_file, picture_of
from retrieval.types import Item

MAX_BYTES, MAX_PIXELS, MAX_ADDRESS = 5 * 1024 * 1024, 50_000_000, 2_000
"""The largest picture, in bytes and in pixels, and the longest address, in characters."""

_ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
"""By Pillow's name of the format, which is read from the content: what a file is called proves nothing."""
_ADDRESS = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f\"'<>\\]")


class PictureFiles:
    """The pictures beside a source, each read and checked once."""

    def __init__(self, folder: Path) -> None:
        """Take the folder that paths start from; nothing outside it is ever read."""
        self._folder = folder.resolve()
        self._names: dict[str, str] = {}
        self._paths: dict[str, Path] = {}

    def take(self, cell: object) -> str:
        """What a cell's item keeps: the name of a picture in the index, or an address; Unreadable says what is wrong.

        Of several pictures, the first.
        """
        text = _first(cell)
        if _ADDRESS.match(text):
            return _address(text)
        if text not in self._names:
            path = self._inside(text)
            name = _checked(path)
            self._names[text], self._paths[name] = name, path
        return self._names[text]

    def keep(self, items: Iterable[Item], spec: CatalogSpec, version: Path, old: Path | None = None) -> None:
        """Put the pictures of items into a version: those that were taken, the others linked from an `old` version."""
        named = {picture.name for item in items if (picture := picture_of(item, spec)) and picture.name}
        if named:
            (version / PICTURES).mkdir(exist_ok=True)
        for name in sorted(named):
            target = version / PICTURES / name
            before = None if old is None else picture_file(old, name)
            if before is not None:
                link(before, target)
            elif name in self._paths:
                shutil.copyfile(self._paths[name], target)
            else:
                raise IndexUnusable(f"the picture {name!r} is gone from the index; build it again")

    def _inside(self, text: str) -> Path:
        try:
            path = (self._folder / text.replace("\\", "/")).resolve()
            if not path.is_relative_to(self._folder):
                raise Unreadable("outside the folder of the items; move the picture there")
            if not path.is_file():
                raise Unreadable("no such picture beside the items")
        except (OSError, ValueError) as error:
            if isinstance(error, Unreadable):
                raise
            raise Unreadable(f"no name of a file ({error})") from error
        return path


def _first(cell: object) -> str:
    if isinstance(cell, Mapping):
        raise Unreadable("an object where a picture is expected")
    if isinstance(cell, Sequence) and not isinstance(cell, str | bytes):
        cell = cell[0]
    return as_text(cell, MAX_ADDRESS).split("|")[0].strip()


def _address(text: str) -> str:
    url = f"https:{text}" if text.startswith("//") else text
    try:
        parts = urlsplit(url)
        fine = bool(parts.hostname) and parts.username is None and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    if not fine or _UNSAFE.search(url):
        raise Unreadable("no address of a picture")
    return url


def _checked(path: Path) -> str:
    """The name a picture is kept under: the hash of its content, and its format."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(f"{path.stat().st_size:,} bytes, the limit is {MAX_BYTES:,}")
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror})") from error
    return f"{hashlib.sha256(content).hexdigest()}.{_ENDINGS[_format(content)]}"


def _format(content: bytes) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a warning about many pixels: they are counted here
            with Image.open(BytesIO(content)) as image:
                found, pixels = image.format, image.width * image.height
                if found not in _ENDINGS:
                    raise Unreadable(f"a {found} file; save it as JPEG, PNG or WebP")
                if pixels > MAX_PIXELS:
                    raise Unreadable(f"{pixels:,} pixels, the limit is {MAX_PIXELS:,}")
                image.load()  # only decoding shows that the file is whole
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("not a picture, or a damaged one") from error
    return found
