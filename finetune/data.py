"""Training rows from real dialogues, any catalogue and the product's own logs, as two files and what they are made of.

sommelier finetune data --out rows --redial data/redial --sgd data/sgd --catalog movies --catalog shop --seed 1
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from agent.app import open_catalog
from agent.config import Settings
from agent.prompts import templates_hash
from finetune import generate, heldout, logs, redial, replies, sgd
from finetune.errors import BadRows
from finetune.example import row_of
from finetune.mixture import Split, balanced, counts_of, split, unique
from finetune.rows import Row, read_rows, write_rows

TRAIN, VAL, MANIFEST = "train.jsonl", "val.jsonl", "manifest.json"
_EVAL_SHARE = 0.04
_GENERATED, _REPLIES = 2500, 1000
"""Plans and replies per catalogue and language, before balance."""
_REDIAL, _SGD = "train_dialogues.jsonl.gz", "train_rec_domains.jsonl.gz"


class DataOptions(BaseModel):
    """What rows are made from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    out: Path
    redial: Path | None = None
    """A folder with items.jsonl.gz and train_dialogues.jsonl.gz."""
    sgd: Path | None = None
    """A folder with train_rec_domains.jsonl.gz and train_schema.json."""
    catalogs: tuple[str, ...] = ()
    """Names of catalogues, or paths of built indexes, to make conversations for."""
    logs: tuple[Path, ...] = ()
    """Databases of turns, each called like its catalogue: movies.db."""
    add: tuple[Path, ...] = ()
    """Files of rows that were made before."""
    held_out: tuple[Path, ...] = ()
    """Files that a model is measured on: a dialogue of theirs among the sources is an error."""
    languages: tuple[str, ...] = ("en", "zh")
    generated: int = Field(default=_GENERATED, ge=0)
    replies: int = Field(default=_REPLIES, ge=0)
    rows: int | None = Field(default=None, ge=1)
    """At most so many to train on; None: as many as there are, in balance."""
    seed: int = 0


class Lengths(BaseModel):
    """Tokens of one side of the rows."""

    p50: int
    p95: int
    most: int


class DataManifest(BaseModel):
    """What a set of rows is made of; `manifest.json` beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    prompts: str
    """Hash of the brief templates (agent.prompts.templates_hash)."""
    inputs: Mapping[str, str]
    """SHA-256 by file name."""
    catalogs: tuple[str, ...]
    train: int
    val: int
    counts: tuple[tuple[str, str, str, int, int], ...]
    """Source, tool, language, rows to train on, rows to watch it with."""
    left_out: Mapping[str, int]
    tokens: Mapping[str, Lengths]
    """Of prompts without the system message, and of completions."""


@dataclass(slots=True)
class _Gathered:
    rows: list[Row] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    inputs: list[Path] = field(default_factory=list)


def make(options: DataOptions, settings: Settings, count_tokens: Callable[[str], int]) -> DataManifest:
    """Read the sources, make the rows and write them; BadRows, LeakedRows or CatalogError for what cannot be used."""
    heldout.refuse(_read(options), options.held_out)
    gathered = _Gathered()
    for source in (_redial, _sgd, _logs, _added, _generated):
        source(options, settings, gathered)
    rows = unique(gathered.rows)
    if not rows:
        raise BadRows(
            str(options.out), 0, "would hold no rows; name a source: --catalog, --redial, --sgd, --logs, --add"
        )
    parts = split(rows, _EVAL_SHARE, options.seed)
    most = len(parts.train) if options.rows is None else options.rows
    kept = Split(balanced(parts.train, most, options.seed), parts.eval)
    manifest = _manifest(options, gathered, kept, count_tokens)
    write_rows(options.out / TRAIN, kept.train)
    write_rows(options.out / VAL, kept.eval)
    (options.out / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return manifest


def _read(options: DataOptions) -> Iterator[Path]:
    """The files of dialogues that are trained on."""
    if options.redial is not None:
        yield options.redial / _REDIAL
    if options.sgd is not None:
        yield options.sgd / _SGD
    yield from options.add


def _redial(options: DataOptions, _: Settings, gathered: _Gathered) -> None:
    if options.redial is None:
        return
    items, dialogues = options.redial / "items.jsonl.gz", options.redial / _REDIAL
    catalog = redial.read_catalog(items)
    reading = redial.read_examples(dialogues, catalog, redial.naming_of(catalog))
    gathered.rows += [row_of(example, catalog) for example in reading.examples]
    gathered.left_out.update({f"redial: {reason}": n for reason, n in reading.left_out.items()})
    gathered.inputs += [items, dialogues]


def _sgd(options: DataOptions, _: Settings, gathered: _Gathered) -> None:
    if options.sgd is None:
        return
    dialogues, schema = options.sgd / _SGD, options.sgd / "train_schema.json"
    reading = sgd.read_examples(dialogues, schema)
    gathered.rows += [row_of(example, catalog) for example, catalog in reading.examples]
    gathered.left_out.update({f"sgd: {reason}": n for reason, n in reading.left_out.items()})
    gathered.inputs += [dialogues, schema]


def _logs(options: DataOptions, settings: Settings, gathered: _Gathered) -> None:
    for path in options.logs:
        rows, left_out = logged(path, settings)
        gathered.rows += rows
        gathered.left_out.update({f"logs: {reason}": n for reason, n in left_out.items()})
        gathered.inputs.append(path)


def logged(path: Path, settings: Settings, catalog_name: str = "") -> tuple[tuple[Row, ...], Mapping[str, int]]:
    """The rows of a database of turns, called like its catalogue if that is not named; how many turns were left out,
    and why."""
    catalog = open_catalog(catalog_name or path.stem, settings).catalog
    reading = logs.read_examples(path, catalog)
    return tuple(row_of(example, catalog) for example in reading.examples), reading.left_out


def _added(options: DataOptions, _: Settings, gathered: _Gathered) -> None:
    for path in options.add:
        gathered.rows += read_rows(path)
        gathered.inputs.append(path)


def _generated(options: DataOptions, settings: Settings, gathered: _Gathered) -> None:
    for name in options.catalogs:
        index = open_catalog(name, settings)
        for language in options.languages:
            gathered.rows += generate.generate(index.catalog, index.linker, language, options.generated, options.seed)
            gathered.rows += replies.reply_rows(index, language, options.replies, options.seed)


def _manifest(
    options: DataOptions, gathered: _Gathered, parts: Split, count_tokens: Callable[[str], int]
) -> DataManifest:
    train, aside = counts_of(parts.train), counts_of(parts.eval)
    keys = sorted({*train, *aside})
    rows = (*parts.train, *parts.eval)
    return DataManifest(
        seed=options.seed,
        prompts=templates_hash("brief"),
        inputs={path.name: _sum(path) for path in gathered.inputs},
        catalogs=options.catalogs,
        train=len(parts.train),
        val=len(parts.eval),
        counts=tuple((*key, train.get(key, 0), aside.get(key, 0)) for key in keys),
        left_out=dict(gathered.left_out),
        tokens={
            "prompt": _lengths((r.messages[-1].content for r in rows), count_tokens),
            "completion": _lengths((r.completion for r in rows), count_tokens),
        },
    )


def _lengths(texts: Iterable[str], count_tokens: Callable[[str], int]) -> Lengths:
    lengths = np.array([count_tokens(text) for text in texts])
    p50, p95 = np.percentile(lengths, (50, 95))
    return Lengths(p50=int(p50), p95=int(p95), most=int(lengths.max()))


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return sha256(file.read()).hexdigest()
