"""What one raw cell means: text, a list of words, a number, a date or a yes/no. Pure; Unreadable says why not."""

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from numbers import Real

from retrieval.manifest import FacetKind
from retrieval.types import FacetValue

MAX_ID, MAX_TITLE, MAX_TEXT, MAX_LABEL, MAX_LABELS = 200, 1_000, 100_000, 200, 1_000
"""The most characters of an id, a title, a text and a label; the most labels of one item."""

YES, NO = frozenset({"true", "yes", "y", "t", "1"}), frozenset({"false", "no", "n", "f", "0"})
IMAGE = re.compile(r"\S+\.(?:jpe?g|png|webp|gif|avif|svg|bmp)(?:[?#]\S*)?", re.IGNORECASE)
LINK = re.compile(r"(?:https?:)?//\S+|www\.\S+", re.IGNORECASE)
CURRENCY = re.compile(r"[$€£¥₹]|(?:USD|EUR|GBP|JPY|CNY|CHF)\b")

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?:\D|$))")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d{1,2}$)")
_WITH_UNIT = re.compile(r"(?P<number>.*\d)\s*(?P<unit>[a-zA-Z%°]{1,8})")
_DATE_FORMATS = ("%Y/%m/%d", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%Y-%m", "%B %Y")
_DATELIKE = re.compile(r"\d{1,4}[-./ ]|[^\W\d]+\.? \d{1,4}\b")
_WORDS_FOR_NOTHING = frozenset({"", "null", "none", "n/a", "na", "-", "\\n"})
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_HALF = re.compile(r"[\ud800-\udfff]")
_MILLISECONDS_FROM = 1e11


class Unreadable(ValueError):
    """Why a cell cannot be read as what it should be."""


def is_empty(cell: object) -> bool:
    """Whether a cell says nothing: null, blank, 'n/a', an empty list."""
    if isinstance(cell, str):
        return cell.strip().casefold() in _WORDS_FOR_NOTHING
    return cell is None or (isinstance(cell, Sequence) and len(cell) == 0)


def as_text(cell: object, longest: int) -> str:
    """Text in NFC without control characters; numbers as people write them."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | float | Decimal):
        raise Unreadable(f"{type(cell).__name__} where text is expected")
    if isinstance(cell, float) and not math.isfinite(cell):
        raise Unreadable("not a finite number")
    text = f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell)
    if not (text.isascii() and text.isprintable()):
        text = _CONTROL.sub(" ", unicodedata.normalize("NFC", text))
    text = text.strip()
    if len(text) > longest:
        raise Unreadable(f"{len(text):,} characters, the limit is {longest:,}")
    if not text.isascii() and _HALF.search(text):
        raise Unreadable("half a character (a lone surrogate)")
    return text


def as_labels(cell: object, separator: str = "") -> tuple[str, ...]:
    """Several words, each once: a list, or text parted by `separator`."""
    if isinstance(cell, Sequence) and not isinstance(cell, str | bytes):
        parts: Sequence[object] = cell
    else:
        text = as_text(cell, MAX_TEXT)
        parts = text.split(separator) if separator else (text,)
    if len(parts) > MAX_LABELS:
        raise Unreadable(f"{len(parts):,} values, the limit is {MAX_LABELS:,}")
    return tuple(dict.fromkeys(as_text(part, MAX_LABEL) for part in parts if not is_empty(part)))


def unit_of(cell: object) -> str:
    """The letters after a number ('142 min'), or nothing."""
    found = _WITH_UNIT.fullmatch(cell.strip()) if isinstance(cell, str) else None
    return found["unit"] if found else ""


def as_number(cell: object, suffix: str = "") -> float:
    """A finite number; text may carry a currency, thousands commas, a decimal comma, and the unit `suffix`."""
    if isinstance(cell, bool):
        raise Unreadable("yes/no where a number is expected")
    if isinstance(cell, str):
        text = cell.strip()
        if not _NUMBER.fullmatch(text):
            text = CURRENCY.sub("", text.removesuffix(suffix)).strip()
            text = _DECIMAL_COMMA.sub(".", _THOUSANDS.sub("", text))
        if not _NUMBER.fullmatch(text):
            raise Unreadable("not a number")
        number = float(text)
    elif isinstance(cell, Real | Decimal):
        number = _float(cell)
    else:
        raise Unreadable(f"{type(cell).__name__} where a number is expected")
    if not math.isfinite(number):
        raise Unreadable("not a finite number")
    return number


def _float(cell: Real | Decimal) -> float:
    try:
        return float(cell)
    except OverflowError:
        raise Unreadable("too large a number") from None


def as_boolean(cell: object) -> bool:
    """Yes or no in the usual spellings."""
    if isinstance(cell, bool):
        return cell
    word = str(cell).strip().casefold().removesuffix(".0")
    if word in YES or word in NO:
        return word in YES
    raise Unreadable("neither yes nor no")


def as_date(cell: object) -> date:
    """A day: ISO 8601, 2024/05/31, 31.05.2024, '31 May 2024', 'May 31, 2024' or a month alone (its first day)."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if not isinstance(cell, str):
        raise Unreadable(f"{type(cell).__name__} where a date is expected")
    text = cell.strip()
    found = next(_dates(text), None) if _DATELIKE.match(text) else None
    if found is None:
        raise Unreadable("not a date; write it like 2024-05-31")
    return found


def _dates(text: str) -> Iterator[date]:
    if "-" in text:  # without dashes, 19991231 would be a date too
        with suppress(ValueError):
            yield datetime.fromisoformat(text).date()
    for form in _DATE_FORMATS:
        with suppress(ValueError):
            yield datetime.strptime(text, form).replace(tzinfo=UTC).date()


def as_moment(cell: object) -> float:
    """Unix seconds from seconds, milliseconds, a date or ISO 8601; a time without a zone is UTC."""
    if isinstance(cell, datetime):
        moment = cell
    elif isinstance(cell, date):
        moment = datetime(cell.year, cell.month, cell.day, tzinfo=UTC)
    else:
        try:
            seconds = as_number(cell)
        except ValueError:
            return _iso_moment(str(cell).strip())
        return seconds / 1000 if abs(seconds) > _MILLISECONDS_FROM else seconds
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _iso_moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("neither unix seconds nor a time like 2024-05-31T12:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def as_facet(cell: object, kind: FacetKind, separator: str = "", suffix: str = "") -> FacetValue:
    """Read a cell as its facet's kind: labels parted by `separator`, a number followed by the unit `suffix`."""
    if isinstance(cell, Mapping):
        raise Unreadable("an object where one value or a list is expected")
    match kind:
        case "categorical":
            return as_labels(cell, separator)
        case "numeric":
            return as_number(cell, suffix)
        case "date":
            return as_date(cell)
        case "boolean":
            return as_boolean(cell)
        case _:
            return as_text("; ".join(as_labels(cell)) if isinstance(cell, list) else cell, MAX_TEXT)
