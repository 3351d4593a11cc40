"""What a film is, and how its words are cleaned."""

import re
import unicodedata
from dataclasses import asdict, dataclass
from urllib.parse import unquote

WIKI = "https://en.wikipedia.org/wiki/"
# A display title carries no style sheet, footnote, language mark or "(film)" of its page.
_PAGE_NOISE = re.compile(
    r"\.mw-parser-output .*\}"
    r"|\[\w{1,3}\]"
    r"|\((?:\d{4} )?(?:film|serial|TV special|3D re-release|re-release|[\w ]*theatrical release)\)"
)


@dataclass(frozen=True)
class Source:
    """One row of a source file, as read."""

    title: str
    year: int
    genres: tuple[str, ...]
    cast: tuple[str, ...]
    text: str
    href: str
    thumbnail: bool = False
    item_id: str = ""


@dataclass(frozen=True)
class Film:
    """One line of items.jsonl.gz; the field order is the key order."""

    item_id: str
    title: str
    year: int
    genres: tuple[str, ...]
    cast: tuple[str, ...]
    director: tuple[str, ...]
    country: tuple[str, ...]
    language: tuple[str, ...]
    runtime: int | None
    franchise: tuple[str, ...]
    description: str
    wikipedia: str

    def row(self) -> dict[str, object]:
        """The film without the facets nobody states."""
        return {key: value for key, value in asdict(self).items() if value not in ((), None, "")}


def clean_text(text: str) -> str:
    """One line, single blanks, no leftover template calls, no blank before a comma."""
    text = re.sub(r"\{\{[^{}]*(?:\}\}|$)|<[^>]+>", " ", unicodedata.normalize("NFC", text))
    return re.sub(r"\s+([,.;])(?=\s)", r"\1", re.sub(r"\s+", " ", text)).strip()


def clean_title(title: str) -> str:
    """The title as printed on a poster."""
    title = _PAGE_NOISE.sub("", title).replace("33+1⁄3", "33⅓")
    return clean_text(title)


def title_key(title: str) -> str:
    """What two spellings of one title share: no case, accents, punctuation, leading article or episode number."""
    plain = re.sub(r"episode [ivx]+ [–-] ", "", title.lower())
    plain = unicodedata.normalize("NFKD", plain.replace("&", " and "))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    words = re.sub(r"[^\w\s]", "", plain.replace("-", " ")).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] in ("the", "a", "an") else words)


def href_of(url: str) -> str:
    """The page name of a Wikipedia address, decoded, so that two encodings compare equal."""
    return unquote(url.rsplit("/wiki/", 1)[-1])


def slug(href: str) -> str:
    """The page name as lower-case ASCII words joined by '-'."""
    plain = unicodedata.normalize("NFKD", unquote(href)).encode("ascii", "ignore").decode().lower()
    plain = plain.replace("'", "").replace("&", " and ")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "x" + unquote(href).encode().hex()
