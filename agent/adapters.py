"""Folders of adapters: what a tuned model says of itself, whether its files are whole, and which version serves.

ADAPTER/adapter_config.json, adapter_model.safetensors    what peft and vLLM load
ADAPTER/sommelier.json                                    its card: name, version, base, lineage, figures, sums of files
REGISTRY/CURRENT, REGISTRY/v0001/, v0002/ …               versions side by side, and the name of the one that serves
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import ModelMisconfigured

CARD, CURRENT = "sommelier.json", "CURRENT"
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
VERSION = re.compile(r"v\d{4,}")


class AdapterCard(BaseModel):
    """What an adapter says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    name: str = Field(pattern=r"^[\w.-]+$")
    version: str = ""
    base: str
    """The base model's name, as `load_base` takes it."""
    parent: str = ""
    """The version it was trained on from; empty for a first one."""
    created: str = ""
    """ISO 8601, UTC."""
    data: str = ""
    """SHA-256 of the rows it was trained on."""
    prompts: str = ""
    """`templates_hash("brief")` at training: it reads best what is rendered by the same templates."""
    seed: int = 0
    run: str = ""
    """Names the continuation that made it: a hash of its parent, rows and options."""
    languages: tuple[str, ...] = ()
    """What it was tuned for; the others are left to the next rung. Empty: all."""
    figures: Mapping[str, float] = {}
    refused: str = ""
    """Why the gate did not let it serve; empty when it did."""
    files: Mapping[str, str] = {}
    """SHA-256 of every other file; empty for an adapter that nobody summed."""


def resolve_adapter(path: Path) -> Path:
    """The folder to load: the current version of a registry, or the folder itself. ModelMisconfigured for neither."""
    if not path.is_dir():
        raise ModelMisconfigured(f"there is no adapter at {str(path)!r}; name a folder with {CONFIG}")
    if not (path / CURRENT).is_file():
        if any(VERSION.fullmatch(p.name) for p in path.iterdir()):
            raise ModelMisconfigured(
                f"no version of {str(path)!r} is current; choose one with 'sommelier finetune use'"
            )
        return path
    name = _read(path / CURRENT).strip()
    if not VERSION.fullmatch(name) or not (path / name).is_dir():
        raise ModelMisconfigured(
            f"{str(path / CURRENT)!r} names {name!r}, which is not there; choose one with 'sommelier finetune use'"
        )
    return path / name


def read_card(folder: Path) -> AdapterCard:
    """Read an adapter's card; ModelMisconfigured when there is none or it cannot be read."""
    path = folder / CARD
    if not path.is_file():
        raise ModelMisconfigured(f"{str(folder)!r} has no {CARD}; export the adapter with 'sommelier finetune export'")
    try:
        return AdapterCard.model_validate_json(_read(path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ModelMisconfigured(
            f"{str(path)!r} is damaged ({where}: {first['msg']}); restore it, or use another version"
        ) from error


def check_adapter(folder: Path) -> None:
    """Check that an adapter's files are there and are the ones its card summed; ModelMisconfigured names the first."""
    card = read_card(folder) if (folder / CARD).is_file() else None
    for name in (CONFIG, WEIGHTS, *(card.files if card else ())):
        if not (folder / name).is_file():
            raise ModelMisconfigured(
                f"the adapter {str(folder)!r} has no {name!r}; copy it again, or use another version"
            )
    for name, expected in card.files.items() if card else ():
        if sum_of(folder / name) != expected:
            raise ModelMisconfigured(
                f"{name!r} of the adapter {str(folder)!r} is damaged: its SHA-256 is not that of its card; "
                "copy it again, or use another version"
            )


def sums_of(folder: Path) -> Mapping[str, str]:
    """SHA-256 of every file of an adapter but the card, by its path within the folder."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / CARD)
    return {p.relative_to(folder).as_posix(): sum_of(p) for p in files}


def sum_of(path: Path) -> str:
    """SHA-256 of a file; ModelMisconfigured when it cannot be read."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelMisconfigured(f"cannot read {str(path)!r} ({error.strerror}); copy it again") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelMisconfigured(f"cannot read {str(path)!r} ({error}); copy it again") from error
