"""Rebuild the picture shop: python examples/eshop/rebuild.py --catalog FILE --pictures Pics --out examples/eshop

FILE and Pics are catalog.json and the pictures of dotnet/eShop. Another version of Pillow may give other bytes.
"""

import argparse
import json
from pathlib import Path

from PIL import Image

SIDE, QUALITY = 480, 72
"""Longest side in pixels and WebP quality: a card shows less than half of it."""


def main() -> None:
    """Read the products, shrink their pictures, write items.jsonl and pictures/."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--catalog", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    (args.out / "pictures").mkdir(exist_ok=True)
    with (args.out / "items.jsonl").open("w", encoding="utf-8") as items:
        for product in json.loads(args.catalog.read_text(encoding="utf-8-sig")):
            name = f"{product['Id']}.webp"
            shrink(args.pictures / name, args.out / "pictures" / name)
            row = {
                "item_id": str(product["Id"]),
                "title": product["Name"],
                "type": product["Type"],
                "brand": product["Brand"],
                "price": product["Price"],
                "picture": f"pictures/{name}",
                "description": product["Description"],
            }
            items.write(json.dumps(row, ensure_ascii=False) + "\n")


def shrink(source: Path, target: Path) -> None:
    """A picture at most SIDE pixels wide and high."""
    with Image.open(source) as image:
        small = image.convert("RGB")
        small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        small.save(target, "WEBP", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
