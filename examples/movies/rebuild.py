"""Rebuild the film catalogue: python examples/movies/rebuild.py --sources DIR --out examples/movies

DIR holds the folders movies/, wikipedia-movies/ and redial/ that README.md names. The same sources give
the same bytes.
"""

import argparse
import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import aliases
from choose import catalogue
from dialogues import MatchCount, Matcher, match_films, opinions
from film import Film, Source, href_of

Row: TypeAlias = dict[str, Any]
HEADER = ("user_id", "item_id", "event", "value", "timestamp")


def main() -> None:
    """Read the sources, choose and describe the films, write the three files, print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sources", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", type=int, default=12_000)
    args = parser.parse_args()
    redial_items = list(read_lines(args.sources / "redial" / "items.jsonl.gz"))
    discussed = {href_of(item["url"]) for item in redial_items if item["url"]}
    vocabulary = Path(__file__).with_name("vocabulary.toml").read_text(encoding="utf-8")
    chosen = catalogue(read_rated(args.sources), read_wiki(args.sources), discussed, args.size)
    films = aliases.with_franchises(vocabulary, chosen)
    write_gzip(args.out / "items.jsonl.gz", "".join(json.dumps(f.row(), ensure_ascii=False) + "\n" for f in films))

    matcher, count = Matcher(films), MatchCount()
    matched = match_films(matcher, redial_items, count)
    # Only the training people: the others are kept for measuring.
    dialogues = read_lines(args.sources / "redial" / "train_dialogues.jsonl.gz")
    spoken = ((f"d{d}", item, "dialogue", liked, "") for d, item, liked in opinions(dialogues, matched, matcher, count))
    events = [*ratings(args.sources), *spoken]
    write_gzip(args.out / "interactions.csv.gz", to_csv(events))

    (args.out / "aliases.en.toml").write_text(aliases.resolve(vocabulary, films), encoding="utf-8")
    print("\n".join(report(films, Counter(str(event[2]) for event in events), count)))


def read_lines(path: Path) -> Iterator[Row]:
    """Rows of a gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_rated(sources: Path) -> list[Source]:
    """The rated films."""
    return [
        Source(r["title"], r["year"], tuple(r["genres"]), tuple(r["cast"]), r["description"],
               r["wikipedia"].rsplit("/wiki/", 1)[-1], True, r["item_id"])
        for r in read_lines(sources / "movies" / "items.jsonl.gz")
    ]  # fmt: skip


def read_wiki(sources: Path) -> list[Source]:
    """All films of the Wikipedia lists that have a page and a text."""
    films = []
    for path in sorted((sources / "wikipedia-movies").glob("movies-*.json.gz")):
        for r in json.loads(gzip.decompress(path.read_bytes())):
            if r.get("href") and r.get("extract"):
                facts = (r["title"], r["year"], tuple(r["genres"]), tuple(r["cast"]), r["extract"], r["href"])
                films.append(Source(*facts, thumbnail="thumbnail" in r))
    return films


def ratings(sources: Path) -> Iterator[tuple[str, str, str, int, str]]:
    """The ratings as interaction rows."""
    with gzip.open(sources / "movies" / "ratings.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield f"u{row['user_id']}", row["item_id"], "rating", int(row["rating"]), row["timestamp"]


def to_csv(events: Iterable[Sequence[object]]) -> str:
    """The interactions file's text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(events)
    return text.getvalue()


def write_gzip(path: Path, text: str) -> None:
    """Without a timestamp or a file name, so that a rebuild changes no byte."""
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def report(films: Sequence[Film], events: Counter[str], count: MatchCount) -> list[str]:
    """The counts that README.md quotes."""
    facets = ("genres", "cast", "director", "country", "language", "runtime", "franchise")
    decades = Counter(film.year // 10 * 10 for film in films)
    lines = [f"films: {len(films)}, with ratings: {sum(f.item_id.startswith('tt') for f in films)}"]
    lines += [f"| {decade}s | {n} |" for decade, n in sorted(decades.items())]
    lines += [f"| {name} | {sum(bool(getattr(f, name)) for f in films) / len(films):.1%} |" for name in facets]
    lines.append(f"interactions: {dict(events)}")
    lines.append(
        f"ReDial films: {count.films}, matched by page {count.films_by_page}, by title {count.films_by_title}; "
        f"opinions: {count.opinions}, matched {count.matched} ({count.matched / count.opinions:.1%}), "
        f"year conflicts {count.year_conflicts}; most missed: {Counter(count.unmatched).most_common(12)}"
    )
    return lines


if __name__ == "__main__":
    main()
