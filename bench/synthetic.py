"""Catalogues of any size that look like a real one: its sentences, names and facets recombined, people with tastes.

Every item has a base film and takes its sentences from that and from films close to it, so that an item is about
something. Titles are unique, popularity follows Zipf's law, and people choose mostly among the themes they like, so
that there is something to learn. Everything is drawn from one seed and streamed to disk.
"""

import csv
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.app import open_catalog
from agent.config import Settings
from retrieval import layout
from retrieval.ports import Matrix
from retrieval.source import Source, find_source
from retrieval.spans import sentences
from retrieval.types import Item

NEAR = 50
"""Partners of a base film come from so many of its nearest films."""
THEMES = 200
"""Tastes are leanings towards some of so many themes: films closest to one random film each."""
PER_PERSON = 12
"""Mean number of events of a person, at least 3."""
LIKED, PER_THEME = 0.8, 3
"""Share of a person's events within their themes, and how many themes a person has."""
ZIPF_SHIFT = 20.0
"""An item of popularity rank r is met in proportion to 1 / (r + shift)."""
START, YEARS = 1_420_070_400, 5
"""Events happen in the five years after the first of January 2015."""

_CHUNK = 10_000
_SHORTEST, _LONGEST = 40, 400
_PREFIX = 32
"""By so many first characters a sentence is known again."""
_SPEC = Path(__file__).with_name("synthetic.toml")
_DONE = "synthetic.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is generated; the same plan gives the same bytes."""

    items: int
    events_per_item: float
    seed: int = 0


@dataclass(frozen=True)
class Seeds:
    """Real items that lend their sentences, names and vectors."""

    items: Sequence[Item]
    vectors: Matrix
    """Their embeddings, unit rows, aligned."""
    sentences: Sequence[Sequence[str]]
    """Per item, those of its description that can stand alone."""

    @classmethod
    def of(cls, items: Sequence[Item], vectors: Matrix) -> "Seeds":
        """Keep the items that have a sentence to lend."""
        told = [_standing(item.description) for item in items]
        kept = [row for row, mine in enumerate(told) if mine]
        return cls([items[r] for r in kept], np.asarray(vectors[kept], np.float32), [told[r] for r in kept])

    def near(self) -> NDArray[np.int64]:
        """The nearest others of each, shape (items, at most NEAR)."""
        most = min(NEAR, len(self.items) - 1)
        found = np.empty((len(self.items), most), dtype=np.int64)
        for start in range(0, len(self.items), 1_000):
            close = self.vectors[start : start + 1_000] @ self.vectors.T
            close[np.arange(len(close)), np.arange(start, start + len(close))] = -np.inf
            found[start : start + len(close)] = np.argpartition(-close, most - 1, axis=1)[:, :most]
        return found

    def themes(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Which theme each item belongs to."""
        centres = rng.choice(len(self.items), size=min(THEMES, len(self.items)), replace=False)
        return np.argmax(self.vectors @ self.vectors[centres].T, axis=1)


def real_films(settings: Settings) -> Seeds:
    """The bundled films and their vectors, from their index, which is built if need be."""
    index = open_catalog("movies", settings)
    vectors = layout.read_embeddings(index.path, len(index.catalog), index.manifest.dimensions)
    return Seeds.of(index.catalog.items[:], vectors)


class SentenceMeans:
    """An Embedder for the texts of synthetic items: the mean of the real vectors of the films it quotes.

    It bears the name of the encoder those vectors come from, so that queries are embedded by that one: a million
    texts would keep the encoder itself busy for hours, and the search does not care how a vector came about.
    """

    def __init__(self, name: str, seeds: Seeds) -> None:
        self.name = name
        self._vectors = seeds.vectors
        self._rows = {text[:_PREFIX]: row for row, mine in enumerate(seeds.sentences) for text in mine}

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors, shape (len(texts), d); ValueError for a text that quotes nothing."""
        found = np.zeros((len(texts), self._vectors.shape[1]), dtype=np.float32)
        for row, text in enumerate(texts):
            quoted = [self._rows.get(text[start : start + _PREFIX]) for start, _ in sentences(text)]
            known = [source for source in quoted if source is not None]
            if not known:
                raise ValueError(f"{text[:80]!r} quotes no sentence of the real catalogue")
            found[row] = self._vectors[known].sum(axis=0)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


def generate(plan: Plan, seeds: Seeds, folder: Path) -> Source:
    """Write items.jsonl, interactions.csv and catalog.toml, unless the same plan already did."""
    if not is_generated(plan, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        rng = np.random.default_rng(plan.seed)
        bases = rng.integers(len(seeds.items), size=plan.items)
        shutil.copyfile(_SPEC, folder / "catalog.toml")
        with (folder / "items.jsonl").open("w", encoding="utf-8") as out:
            for item in _items(bases, seeds, rng):
                out.write(json.dumps(item, ensure_ascii=False) + "\n")
        with (folder / "interactions.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("user_id", "item_id", "event", "value", "timestamp"))
            for rows in _events(plan, seeds.themes(rng)[bases], rng):
                writer.writerows(rows)
        (folder / _DONE).write_text(json.dumps(asdict(plan)), encoding="utf-8")
    return find_source(folder)


def is_generated(plan: Plan, folder: Path) -> bool:
    """Whether a folder holds what the plan gives, to the end."""
    done = folder / _DONE
    return done.is_file() and json.loads(done.read_text(encoding="utf-8")) == asdict(plan)


def item_id(row: int) -> str:
    """The id of the item in a row."""
    return f"s{row:07d}"


def _standing(description: str) -> list[str]:
    cut = (description[start:end] for start, end in sentences(description))
    return [text for text in cut if _SHORTEST <= len(text) <= _LONGEST and text[-1] in ".!?" and text[0].isupper()]


def _items(bases: NDArray[np.int64], seeds: Seeds, rng: np.random.Generator) -> Iterator[Mapping[str, object]]:
    near = seeds.near()
    titles = _titles([item.title for item in seeds.items], rng)
    cast = _people(seeds, "cast", max(len(bases) * 4 // 5, 50), 3.0, rng)
    directors = _people(seeds, "director", max(len(bases) // 4, 20), 2.0, rng)
    for start in range(0, len(bases), _CHUNK):
        part = bases[start : start + _CHUNK]
        partners = near[part[:, None], rng.integers(near.shape[1], size=(len(part), 2))]
        draws = rng.random((len(part), 4))
        for offset, (base, draw) in enumerate(zip(part.tolist(), draws.tolist(), strict=True)):
            films = (base, *partners[offset].tolist())
            yield {
                "item_id": item_id(start + offset),
                "title": next(titles),
                **_facets(seeds.items[base], seeds.items[films[1]], draw),
                "cast": list(dict.fromkeys(next(cast) for _ in range(2 + int(3 * draw[0])))),
                "director": [next(directors)],
                "description": " ".join(_told(films, seeds, draw)),
            }


def _facets(base: Item, partner: Item, draw: Sequence[float]) -> dict[str, object]:
    """Genres and country of the films it is made of; year, length and price near those of the base."""
    genres = (*_labels(base, "genres"), *_labels(partner, "genres")[:1])
    year = base.facets.get("year")
    found: dict[str, object] = {
        "year": min(2024, int(year) + int(11 * draw[1]) - 5) if isinstance(year, float | int) else None,
        "genres": list(dict.fromkeys(genres)),
        "country": list(_labels(base, "country")),
        "runtime": 70 + int(80 * draw[2]),
        "price": round(3 + 40 * draw[3] ** 3, 2),
    }
    return {name: value for name, value in found.items() if value not in (None, [])}


def _told(films: Sequence[int], seeds: Seeds, draw: Sequence[float]) -> Iterator[str]:
    """Two sentences of the base where it has them, one of each partner."""
    mine = seeds.sentences[films[0]]
    first = int(draw[0] * len(mine))
    yield mine[first]
    if len(mine) > 1:
        yield mine[(first + 1) % len(mine)]
    for film, chance in zip(films[1:], draw[1:], strict=False):
        theirs = seeds.sentences[film]
        yield theirs[int(chance * len(theirs))]


def _labels(item: Item, facet: str) -> tuple[str, ...]:
    value = item.facets.get(facet)
    return value if isinstance(value, tuple) else ()


def _titles(real: Sequence[str], rng: np.random.Generator) -> Iterator[str]:
    """Beginnings of real titles with ends of others, each once."""
    words = [title.split() for title in real]
    heads = [" ".join(w[: (len(w) + 1) // 2]) for w in words]
    tails = [" ".join(w[len(w) // 2 :]) for w in words]
    given: set[str] = set()
    while True:
        for head, tail in rng.integers(len(real), size=(_CHUNK, 2)).tolist():
            title = f"{heads[head]} {tails[tail]}"
            if title not in given:
                given.add(title)
                yield title


def _people(seeds: Seeds, facet: str, size: int, skew: float, rng: np.random.Generator) -> Iterator[str]:
    """Names of `size` people made of real first and last names; the first ones have most of the work."""
    real = [name.split() for item in seeds.items for name in _labels(item, facet)]
    full = [name for name in real if len(name) > 1] or [["Ada", "Moreau"], ["Ivo", "Lind"]]
    pairs = rng.integers(len(full), size=(size, 2))
    while True:
        for number in (size * rng.random(_CHUNK) ** skew).astype(np.int64).tolist():
            first, last = pairs[number]
            yield f"{full[first][0]} {full[last][-1]}"


def _events(plan: Plan, theme: NDArray[np.int64], rng: np.random.Generator) -> Iterator[Iterator[tuple[object, ...]]]:
    """Chunks of rows, person after person, each in order of time."""
    order = rng.permutation(plan.items)
    rank = np.empty(plan.items, dtype=np.int64)
    rank[order] = np.arange(plan.items)
    worth = 1 / (rank + ZIPF_SHIFT)
    everything = _Urn.of(np.arange(plan.items), worth)
    urns = [_Urn.of(np.flatnonzero(theme == t), worth) for t in range(int(theme.max()) + 1)]
    filled = np.flatnonzero([len(urn.items) > 0 for urn in urns])
    left, person = int(plan.items * plan.events_per_item), 0
    while left > 0:
        counts = 3 + rng.geometric(1 / (PER_PERSON - 2), size=_CHUNK) - 1
        counts = counts[np.cumsum(counts) - counts < left]
        left -= int(counts.sum())
        who = np.repeat(np.arange(len(counts)), counts)
        tastes = filled[rng.integers(len(filled), size=(len(counts), PER_THEME))]
        wanted = tastes[who, rng.integers(PER_THEME, size=len(who))]
        liked = rng.random(len(who)) < LIKED
        item = everything.draw(rng.random(len(who)))
        for t in np.unique(wanted[liked]).tolist():
            mine = np.flatnonzero(liked & (wanted == t))
            item[mine] = urns[t].draw(rng.random(len(mine)))
        value = np.where(liked, 7 + rng.integers(4, size=len(who)), 2 + rng.integers(6, size=len(who)))
        begin = START + rng.random(len(counts)) * (YEARS - 0.5) * 31_557_600
        time = (begin[who] + rng.exponential(15 * 86_400, size=len(who))).astype(np.int64)
        sequence = np.lexsort((time, who))
        columns = (who[sequence] + person, item[sequence], value[sequence], time[sequence])
        yield ((f"p{p}", item_id(i), "rating", v, t) for p, i, v, t in zip(*(c.tolist() for c in columns), strict=True))
        person += len(counts)


@dataclass(frozen=True, slots=True)
class _Urn:
    """Items to draw from, by weight."""

    items: NDArray[np.int64]
    below: NDArray[np.float64]
    """Cumulative weight, from above 0 to 1."""

    @classmethod
    def of(cls, items: NDArray[np.int64], weights: NDArray[np.float64]) -> "_Urn":
        below = np.cumsum(weights[items])
        return cls(items, below / below[-1] if len(items) else below)

    def draw(self, chances: NDArray[np.float64]) -> NDArray[np.int64]:
        return self.items[np.minimum(np.searchsorted(self.below, chances), len(self.items) - 1)]
