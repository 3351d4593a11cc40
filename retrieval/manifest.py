"""What a catalogue is: the part a person may write (CatalogSpec) and what a build adds to it (Manifest)."""

from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

FacetKind: TypeAlias = Literal["categorical", "numeric", "date", "boolean", "text", "image"]

SCHEMA_VERSION = 1
"""Raised whenever an older index can no longer be read."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FacetSpec(_Frozen):
    """One facet of a catalogue. Every field can be set in `catalog.toml`; what is not set is inferred."""

    kind: FacetKind
    label: str
    """Singular, as people say it: 'genre'."""
    plural: str = ""
    """'genres'; the label plus s when empty."""
    unit: str = ""
    """Shown after numbers: 'min', '$' goes before."""
    grouped: bool = True
    """Thousands are set apart when numbers are shown: 1,200; not so for years."""
    multi: bool = False
    """An item may hold several values."""
    searchable: bool = True
    """Its values are part of the embedded document."""
    filterable: bool = True
    """Constraints may name it."""
    explainable: bool = True
    """Reasons may cite it and cards show it."""
    people: bool = False
    """Values are names of people, who are also meant by their surname."""
    phrases: tuple[str, ...] = ()
    """Words that announce a value of it: 'directed by', 'by', 'starring', 'with'."""
    more: tuple[str, ...] = ()
    """Comparatives for a larger value: 'newer', 'longer', 'dearer'."""
    less: tuple[str, ...] = ()
    """Comparatives for a smaller value: 'older', 'shorter', 'cheaper'."""
    note: str = ""
    """Why a build inferred this kind."""


class EventSpec(_Frozen):
    """One type of interaction and how its value is read."""

    weight: float = 1.0
    """Worth of one event next to the other types."""
    like_from: float | None = None
    """Values at or above are likes; None: every event is one."""
    dislike_to: float | None = None
    """Values at or below are dislikes; None: no event is one."""


class ColumnsSpec(_Frozen):
    """Which columns of the item file are what. None: found by name and content; the build writes what it found."""

    item_id: str | None = None
    """Empty: ids are made from the titles."""
    title: str | None = None
    description: str | None = None
    """Empty: none."""
    left_out: tuple[str, ...] = ()
    """Columns that are not read."""


class CatalogSpec(_Frozen):
    """What a person may say about a catalogue, in `catalog.toml` beside its files."""

    name: str = ""
    """Short id: letters, digits, '-', '_'. The folder's name when empty."""
    title: str = ""
    """For people: 'Films'."""
    noun: str = "item"
    """What one item is called: 'film', 'product'."""
    nouns: str = "items"
    """And several."""
    words: tuple[str, ...] = ()
    """Further words people use for an item: 'movie', 'flick'."""
    titles_are_names: bool = False
    """Titles are names that do not describe their item (books, songs), so its document goes without them: else
    'a story of memory' finds whatever is called Memory. Items are found by title either way."""
    translate: bool = True
    """Free wishes in other languages are searched in English words; false for an embedder of many languages."""
    columns: ColumnsSpec = ColumnsSpec()
    """Which columns hold id, title and description."""
    facets: dict[str, FacetSpec] = Field(default_factory=dict)
    """Per facet what the build should not infer."""
    events: dict[str, EventSpec] = Field(default_factory=dict)
    """Interaction types; 'interaction' when the log names none."""
    prompts: tuple[str, ...] = ()
    """Example requests for the page."""


class Measured(_Frozen):
    """One line of the validation table."""

    source: str
    hr_at_10: float
    ndcg_at_10: float
    n: int
    seconds: float = 0.0


class ReadColumn(_Frozen):
    """How one column of the item file was read, why, and how a person changes it."""

    column: str
    """Its name in the file; empty for what was made."""
    read_as: str
    """'item_id', 'title', 'description', the key of a facet, or 'left out'."""
    kind: str = ""
    """Of a facet."""
    why: str
    filled: float
    """Share of the rows that say something."""
    examples: tuple[str, ...] = ()
    change: str = ""
    """What to write into catalog.toml to have it otherwise."""


class Manifest(_Frozen):
    """Everything a built index says about itself; `manifest.json` in the index."""

    schema_version: int = SCHEMA_VERSION
    spec: CatalogSpec
    built_at: str
    """UTC, ISO 8601."""
    as_of: float | None = None
    """Unix seconds of the newest event: 'now' for popularity windows."""
    sources: dict[str, str] = Field(default_factory=dict)
    """SHA-256 per source file."""
    embedder: str
    dimensions: int
    items: int
    rows_in: int
    rows_rejected: int
    interactions: int = 0
    people: int = 0
    columns: tuple[ReadColumn, ...] = ()
    """How every column of the item file was read."""
    coverage: dict[str, float] = Field(default_factory=dict)
    """Share of items that hold a value, per facet."""
    cf: str = ""
    """The CF model that validation chose; empty: content only."""
    validation: tuple[Measured, ...] = ()
    seed: int = 0
    seconds: dict[str, float] = Field(default_factory=dict)
    """Wall time per build step."""
    warnings: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write `manifest.json` into an index folder."""
        (folder / "manifest.json").write_text(self.model_dump_json(indent=1), encoding="utf-8")
