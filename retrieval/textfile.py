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
_GUESSED = 1 << 18
"""So many bytes are enough for a guess."""
_ZEROS = 0.3
"""Text of two bytes a letter has more zeros than that in one half of its bytes, and fewer in the other."""
_MOSTLY = 20
"""A file with so many times more letters of UTF-8 than broken ones is damaged UTF-8, not another encoding."""
MOSTLY_UTF8 = "utf8"
"""Damaged UTF-8: what cannot be read becomes U+FFFD."""
_BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
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
            errors = "replace" if encoding == MOSTLY_UTF8 else "strict"
            yield from io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline=newline)
        except UnicodeError as error:
            raise CatalogError(f"{path.name!r} is not {encoding} text ({error}); save it as UTF-8") from error


def detect_encoding(path: Path) -> str:
    """UTF-8 if the whole file is; else what its byte order mark, its zeros or charset_normalizer says."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_bytes(path) as raw:
        chunk = raw.read(_CHUNK)
        if (marked := _marked(chunk)) is not None:
            return marked
        while chunk:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return _guess(path, chunk)
            chunk = raw.read(_CHUNK)
    return "utf-8"


def _marked(chunk: bytes) -> str | None:
    """What a byte order mark says, or every other byte being zero."""
    for mark, encoding in _BOMS.items():
        if chunk.startswith(mark):
            # Some programs put the mark of UTF-8 before Latin-1.
            return encoding if encoding != "utf-8-sig" or _is_utf8(chunk) else None
    zeros = [chunk[start::2].count(0) / max(1, len(chunk) // 2) for start in (0, 1)]
    if max(zeros) > _ZEROS > min(zeros):
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return None


def _is_utf8(chunk: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _guess(path: Path, chunk: bytes) -> str:
    text = chunk.decode("utf-8", "replace")
    lost, foreign = text.count("\ufffd"), sum(not letter.isascii() for letter in text)
    if lost * _MOSTLY < foreign:
        log.warning("%r has bytes that are not UTF-8; they became \ufffd. Save it as UTF-8.", path.name)
        return MOSTLY_UTF8
    start = chunk.removeprefix(codecs.BOM_UTF8)[:_GUESSED]
    best = from_bytes(start, cp_isolation=_LIKELY).best() or from_bytes(start).best()
    if best is None:
        raise CatalogError(f"the encoding of {path.name!r} is unknown (no text in it?); save it as UTF-8")
    log.warning("%r is not UTF-8; read as %s. Save it as UTF-8 if letters look wrong.", path.name, best.encoding)
    return best.encoding
