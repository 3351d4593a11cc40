"""Rebuild the shop catalogue: python examples/shop/rebuild.py --products products.yaml --out examples/shop

products.yaml is that of AWS's retail-demo-store. PyYAML must be installed. The same source gives the same bytes.
"""

import argparse
import gzip
import json
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

Row: TypeAlias = dict[str, Any]

_LOST_LETTER = re.compile(r"x(E[0-9A-F]|F[0-9A-F])")
"""The source wrote 'cafxE9' for 'café': the code of a Latin letter without its backslash."""
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


def main() -> None:
    """Read the products, rename, read colors and materials, write items.jsonl.gz, print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--products", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    words = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
    products = yaml.load(args.products.read_text(encoding="utf-8"), yaml.CSafeLoader)
    rows = [item(product, words) for product in products]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    # Without a timestamp or a file name, so that a rebuild changes no byte.
    (args.out / "items.jsonl.gz").write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    held = Counter(name for row in rows for name in row)
    print("\n".join(f"| {name} | {count / len(rows):.1%} |" for name, count in held.items()))


def item(product: Row, words: Mapping[str, Any]) -> Row:
    """One product as an item; a facet is absent where the source says nothing."""
    title, description = restored(product["name"]), restored(product["description"])
    style = words["style"].get(product["style"], product["style"].replace("/", " and "))
    row: Row = {
        "item_id": product["id"],
        "title": title,
        "price": product["price"],
        "stock": product["current_stock"],
        "category": words["category"].get(product["category"], product["category"]),
        "style": style,
    }
    if "gender_affinity" in product:
        row["gender"] = words["gender"][product["gender_affinity"]]
    said = set(_WORD.findall(f"{title} {description}".lower()))
    for facet, values in words["read"].items():
        found = [value for value, names in values.items() if said.intersection(names)]
        if found:
            row[facet] = found
    return {**row, "description": description}


def restored(text: str) -> str:
    """Text with its accented letters."""
    return _LOST_LETTER.sub(lambda code: chr(int(code[1], 16)), text).strip()


if __name__ == "__main__":
    main()
