"""The collaborative filter of an index on disk: one folder that says by its files which model it holds."""

from pathlib import Path
from typing import TypeAlias

from retrieval.cf_implicit import Als
from retrieval.cf_linear import ItemItem
from retrieval.errors import IndexUnusable

Model: TypeAlias = ItemItem | Als


def save_cf(model: Model, folder: Path) -> None:
    """Write a model into `folder`, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder)


def load_cf(folder: Path) -> Model:
    """Read the model in `folder`; IndexUnusable if there is none or it is corrupt."""
    if (folder / "items.npz").is_file():
        return ItemItem.load(folder)
    if (folder / "factors.npz").is_file():
        return Als.load(folder)
    raise IndexUnusable(f"no collaborative filter in {str(folder)!r}; rebuild the index")
