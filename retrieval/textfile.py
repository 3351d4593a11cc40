"""Text files of unknown encoding, gzipped or not, as lines."""

import codecs
import gzip
import io
import logging
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from charset_normalizer import from_bytes

from retrieval.errors import CatalogError

log = logging.getLogger(__name__)

_CHUNK = 1 << 20
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# What spreadsheets and older shop systems save; a free choice among all encodings guesses worse on short files.
_LIKELY = ["cp1252", "utf_16_le", "utf_16_be", "cp1251", "gb18030", "cp932", "big5", "cp949"]


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, gunzipped if its name ends in .gz; CatalogError if it is missing, broken or not gzip."""
    try:
        with path.open("rb") as raw:
            if path.suffix.lower() != ".gz":
                yield raw
            else:
                with gzip.GzipFile(fileobj=raw) as unzipped:
                    yield cast(IO[bytes], unzipped)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise CatalogError(f"{path.name!r} is not a complete gzip file ({error}); compress it again") from error
    except OSError as error:
        raise CatalogError(f"cannot read {str(path)!r}: {error.strerror or error}; check the file") from error


def read_lines(path: Path, newline: str = "\n") -> Iterator[str]:
    """Decoded lines with their line ends; `newline` as in open(). CatalogError when the bytes are not text."""
    encoding = detect_encoding(path)
    with open_bytes(path) as raw:
        try:
            yield from io.TextIOWrapper(raw, encoding=encoding, newline=newline)
        except UnicodeError as error:
            raise CatalogError(f"{path.name!r} is not {encoding} text ({error}); save it as UTF-8") from error


def detect_encoding(path: Path) -> str:
    """UTF-8 if the whole file is; else what its byte order mark or charset_normalizer says, with a warning."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_bytes(path) as raw:
        chunk = raw.read(_CHUNK)
        for mark, encoding in _BOMS.items():
            if chunk.startswith(mark):
                return encoding
        while chunk:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return _guess(path, chunk)
            chunk = raw.read(_CHUNK)
    return "utf-8"


def _guess(path: Path, chunk: bytes) -> str:
    best = from_bytes(chunk, cp_isolation=_LIKELY).best()
    if best is None:
        raise CatalogError(f"the encoding of {path.name!r} is unknown (no text in it?); save it as UTF-8")
    log.warning("%r is not UTF-8; read as %s. Save it as UTF-8 if letters look wrong.", path.name, best.encoding)
    return best.encoding
