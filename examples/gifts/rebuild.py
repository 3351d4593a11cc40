"""Rebuild the gifts catalogue: python examples/gifts/rebuild.py --items F --purchases F --out examples/gifts

The two files are made from UCI's Online Retail as README.md says. The same sources give the same bytes.
"""

import argparse
import csv
import gzip
import io
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9'-]*|[^A-Za-z0-9]")
_SIZE = re.compile(r"\d+(?:CM|MM|G|ML|PC|X\d+(?:CM)?|CMX\d+CM)+$", re.IGNORECASE)
_SET = re.compile(r"\b(?:set|pack|box) of (\d+)", re.IGNORECASE)
_SHORT_SET = re.compile(r"\bS/(\d+)")
_SLASH_SET = re.compile(r"\b(SET|PACK|BOX)/(\d+)", re.IGNORECASE)
_SPACED = re.compile(r"\s+")
_WORD = re.compile(r"[a-z][a-z'-]*")


def main() -> None:
    """Read the products and purchases, make the names readable, read facets out of them, print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--items", type=Path, required=True)
    parser.add_argument("--purchases", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    words = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
    goods = [row for row in read_rows(args.items) if row["name"].upper() not in words["not_goods"]["names"]]
    items = [item(row, words) for row in goods]
    write_gzip(args.out / "items.jsonl.gz", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in items))
    known = {row["item_id"] for row in items}
    events = [row for row in read_rows(args.purchases) if row["item_id"] in known]
    write_gzip(args.out / "interactions.csv.gz", purchases(events))
    held = Counter(name for row in items for name in row)
    print("\n".join(f"| {name} | {count / len(items):.1%} |" for name, count in held.items()))
    print(f"{len(items):,} items, {len(events):,} purchases of {len({row['user_id'] for row in events}):,} people")


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a gzipped CSV file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def item(row: Mapping[str, str], words: Mapping[str, Any]) -> Row:
    """One product as an item; a facet is absent where the name says nothing."""
    title = readable(row["name"], words["spelling"])
    made: Row = {"item_id": row["item_id"], "title": title, "price": float(row["price_gbp"])}
    if pieces := _SET.search(title):
        made["pieces"] = int(pieces[1])
    said = set(_WORD.findall(title.lower()))
    for facet, values in words["read"].items():
        found = [value for value, names in values.items() if said.intersection(names)]
        if found:
            made[facet] = found
    return made


def readable(name: str, spelling: Mapping[str, str]) -> str:
    """'SET/6 T-LIGHTS  SANTA' as 'Set of 6 t-lights Santa'."""
    name = _SLASH_SET.sub(r"\1 of \2", _SHORT_SET.sub(r"SET OF \1", _SPACED.sub(" ", name.strip())))
    text = "".join(spelled(part, spelling) for part in _PART.findall(name))
    start = next((place for place, letter in enumerate(text) if letter.isalpha() or letter.isdigit()), 0)
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]


def spelled(part: str, spelling: Mapping[str, str]) -> str:
    """One word of a name in small letters, unless it is written otherwise."""
    if part.upper() in spelling:
        return spelling[part.upper()]
    return part.lower() if part.isupper() or _SIZE.match(part) or part.lower() != part else part


def purchases(rows: list[dict[str, str]]) -> str:
    """One event a person and product: when it was last bought, and in how many orders."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("user_id", "item_id", "event", "value", "timestamp"))
    for row in rows:
        moment = datetime.fromisoformat(row["last"]).replace(tzinfo=UTC)
        writer.writerow((row["user_id"], row["item_id"], "purchase", row["orders"], int(moment.timestamp())))
    return text.getvalue()


def write_gzip(path: Path, text: str) -> None:
    """Without a timestamp or a file name, so that a rebuild changes no byte."""
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


if __name__ == "__main__":
    main()
