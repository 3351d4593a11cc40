"""What one raw cell means: text, a list of words, a number, a date or a yes/no. Pure; Unreadable says why not."""

import ast
import json
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from numbers import Real

from retrieval.amounts import amount
from retrieval.manifest import FacetKind
from retrieval.markup import plain
from retrieval.types import FacetValue

MAX_ID, MAX_TITLE, MAX_TEXT, MAX_LABEL, MAX_LABELS = 200, 1_000, 100_000, 200, 1_000
"""The most characters of an id, a title, a text and a label; the most labels of one item."""

YES = frozenset(
    {"true", "yes", "y", "t", "1", "ja", "oui", "vrai", "sí", "si", "sì", "sim", "да", "是", "有", "はい", "✓", "✔"}
)
NO = frozenset(
    {"false", "no", "n", "f", "0", "nein", "nej", "nee", "non", "faux", "não", "нет", "否", "没有", "いいえ", "✗", "✘"}
)
IMAGE = re.compile(r"\S+\.(?:jpe?g|png|webp|gif|avif|svg|bmp)(?:[?#]\S*)?", re.IGNORECASE)
LINK = re.compile(r"(?:https?:)?//\S+|www\.\S+", re.IGNORECASE)

_WITH_UNIT = re.compile(r"(?P<number>.*\d)\s*(?P<unit>[a-zA-Z%°]{1,8})")
_DATE_FORMATS = ("%Y/%m/%d", "%Y.%m.%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%Y-%m", "%B %Y", "%b %Y")
_DATELIKE = re.compile(r"\d{1,4}[-./ ]|[^\W\d]+\.? \d{1,4}\b")
_HAN_DATE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月(?:\s*(\d{1,2})\s*日)?")
_DAY_MONTH = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")
_STAMP = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_WORDS_FOR_NOTHING = frozenset({"", "null", "none", "n/a", "na", "-", "\\n"})
_MORE_WORDS_FOR_NOTHING = _WORDS_FOR_NOTHING | {
    "nan", "nil", "n.a.", "n.a", "#n/a", "#na", "#null!", "#value!", "#ref!", "<na>", "(null)", "<null>", "(none)",
    "(blank)", "--", "---", "–", "—", "?", "??", "tbd", "tba", "undefined", "missing", "not available", "not specified",
    "not applicable", "unknown", "unspecified", "k.a.", "k. a.", "keine angabe", "sin datos", "sin especificar", "s/d",
    "n/d", "nd", "non renseigné", "无", "暂无", "未知", "不详", "不明", "なし",
}  # fmt: skip
"""In a facet; a title may well be 'Unknown'."""
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


def says_nothing(cell: object) -> bool:
    """Whether a facet's cell is empty, in any of the many spellings."""
    return cell.strip().casefold() in _MORE_WORDS_FOR_NOTHING if isinstance(cell, str) else is_empty(cell)


def as_list(cell: object) -> object:
    """A list for text that is one in JSON or Python; anything else as it is."""
    if not isinstance(cell, str) or not (cell.startswith("[") and cell.endswith("]")):
        return cell
    for read in (json.loads, ast.literal_eval):
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            found = read(cell)
            if isinstance(found, list) and all(isinstance(part, str | int | float) for part in found):
                return found
    return cell


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
    """Several words, each once: a list, also one written as text, or text parted by `separator`."""
    cell = as_list(cell)
    if isinstance(cell, Sequence) and not isinstance(cell, str | bytes):
        parts: Sequence[object] = cell
    else:
        text = as_text(cell, MAX_TEXT)
        parts = text.split(separator) if separator else (text,)
    if len(parts) > MAX_LABELS:
        raise Unreadable(f"{len(parts):,} values, the limit is {MAX_LABELS:,}")
    return tuple(dict.fromkeys(as_text(part, MAX_LABEL) for part in parts if not says_nothing(part)))


def unit_of(cell: object) -> str:
    """The letters after a number ('142 min'), or nothing."""
    found = _WITH_UNIT.fullmatch(cell.strip()) if isinstance(cell, str) else None
    return found["unit"] if found else ""


def as_number(cell: object, suffix: str = "", *, comma: bool = False) -> float:
    """A finite number; text may carry a currency, separated thousands, a decimal comma, and the unit `suffix`."""
    if isinstance(cell, bool):
        raise Unreadable("yes/no where a number is expected")
    if isinstance(cell, str):
        number = amount(cell, suffix, comma=comma)
        if number is None:
            raise Unreadable("not a number")
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


def as_date(cell: object, *, day_first: bool = True) -> date:
    """A day: ISO 8601, 2024/05/31, 31.05.2024, 31/05/2024, '31 May 2024', 2024年5月31日, or a month (its first day)."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if not isinstance(cell, str | int) or isinstance(cell, bool):
        raise Unreadable(f"{type(cell).__name__} where a date is expected")
    text = str(cell).strip()
    found = next(_dates(text, day_first), None)
    if found is None:
        raise Unreadable("not a date; write it like 2024-05-31")
    return found


def is_stamp(cell: object) -> bool:
    """Whether a cell has eight digits that are a day: 20240531."""
    return _STAMP.fullmatch(str(cell).strip().removesuffix(".0")) is not None


def first_is_day(text: str) -> bool | None:
    """Whether 31/05/2024 is meant, not 05/31/2024; None if the text does not tell."""
    found = _DAY_MONTH.fullmatch(text.strip())
    if found is None or (int(found[1]) <= 12 and int(found[3]) <= 12):
        return None
    return int(found[1]) > 12


def _dates(text: str, day_first: bool) -> Iterator[date]:
    if _STAMP.fullmatch(text):
        yield from _days(text[:4], text[4:6], text[6:])
    if numeric := _DAY_MONTH.fullmatch(text):
        day, month = (numeric[1], numeric[3]) if day_first or numeric[2] == "." else (numeric[3], numeric[1])
        yield from _days(numeric[4], month, day)
    if han := _HAN_DATE.fullmatch(text):
        yield from _days(han[1], han[2], han[3] or "1")
    if not _DATELIKE.match(text):
        return
    if "-" in text:  # without dashes, 19991231 would be a date too
        with suppress(ValueError):
            yield datetime.fromisoformat(text).date()
    for form in _DATE_FORMATS:
        with suppress(ValueError):
            yield datetime.strptime(text, form).replace(tzinfo=UTC).date()


def _days(year: str, month: str, day: str) -> Iterator[date]:
    with suppress(ValueError):
        yield date(int(year), int(month), int(day))


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
        day = next(_dates(text, day_first=True), None)
        if day is None:
            raise Unreadable("neither unix seconds nor a time like 2024-05-31T12:00:00Z") from None
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@dataclass(frozen=True, slots=True)
class Style:
    """How the cells of one column are written."""

    separator: str = ""
    """Parts the labels of one cell."""
    suffix: str = ""
    """The unit behind its numbers."""
    comma: bool = False
    """Decimals stand after a comma."""
    day_first: bool = True
    """31/05/2024, not 05/31/2024."""


PLAIN = Style()


def as_facet(cell: object, kind: FacetKind, style: Style = PLAIN) -> FacetValue:
    """Read a cell as its facet's kind."""
    if isinstance(cell, Mapping):
        raise Unreadable("an object where one value or a list is expected")
    match kind:
        case "categorical":
            return as_labels(cell, style.separator)
        case "numeric":
            return as_number(cell, style.suffix, comma=style.comma)
        case "date":
            return as_date(cell, day_first=style.day_first)
        case "boolean":
            return as_boolean(cell)
        case _:
            return plain(as_text("; ".join(as_labels(cell)) if isinstance(cell, list) else cell, MAX_TEXT))
