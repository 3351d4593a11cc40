"""The folder of a run: what it was started with, and the newest checkpoint that can be read."""

import json
import pickle
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from finetune.errors import BadCheckpoint, OtherRun

_RUN = "run.json"
_WEIGHTS = "adapter_model.safetensors"


@dataclass(frozen=True, slots=True)
class Identity:
    """What must not change when a run goes on."""

    base: str
    rows: str
    """Hash of the training rows."""
    start: str
    """The adapter that the run began with, if any."""
    options: dict[str, object]


@dataclass(frozen=True, slots=True)
class Found:
    """Where to go on, and what is broken."""

    newest: Path | None
    broken: tuple[str, ...]
    """A line for each checkpoint that cannot be read."""


def claim(folder: Path, identity: Identity) -> None:
    """Make a folder the run's own, or check that it is; OtherRun if it is another's."""
    file = folder / _RUN
    mine = json.loads(json.dumps(asdict(identity)))
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_text(json.dumps(mine, indent=1), encoding="utf-8")
        part.replace(file)
        return
    try:
        theirs = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OtherRun(f"{str(file)!r} cannot be read ({error}); give another --out, or delete that folder") from error
    for name in ("base", "rows", "start"):
        if theirs.get(name) != mine[name]:
            raise OtherRun(_differs(folder, name, theirs.get(name), mine[name]))
    options = theirs.get("options", {})
    for name, value in mine["options"].items():
        if options.get(name) != value:
            raise OtherRun(_differs(folder, name, options.get(name), value))


def newest_good(folder: Path) -> Found:
    """The newest checkpoint that is whole; BadCheckpoint if there are some and none is."""
    numbered = [(int(m[1]), path) for path in folder.glob("checkpoint-*") if (m := re.search(r"-(\d+)$", path.name))]
    broken: list[str] = []
    for _, path in sorted(numbered, reverse=True):
        reason = _broken(path)
        if not reason:
            return Found(path, tuple(broken))
        broken.append(f"{path.name} cannot be read ({reason})")
    if broken:
        raise BadCheckpoint(f"{str(folder)!r}: {'; '.join(broken)}; delete the folder to start anew, or copy one back")
    return Found(None, ())


def _broken(path: Path) -> str:
    """Why a checkpoint is unusable, or nothing."""
    try:
        json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))["global_step"]
        with safe_open(path / _WEIGHTS, framework="pt") as weights:
            names = list(weights.keys())
            if not all(bool(weights.get_tensor(name).isfinite().all()) for name in names):
                return f"{_WEIGHTS} holds numbers that are not finite"
        spread = path / "optimizer.bin"  # of several GPUs
        for file in (spread if spread.is_file() else path / "optimizer.pt", path / "scheduler.pt"):
            torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError, EOFError) as error:
        return " ".join(str(error).split())[:120] or type(error).__name__
    except pickle.UnpicklingError as error:
        return f"optimizer state: {str(error).splitlines()[0][:80]}"
    return "" if names else f"{_WEIGHTS} is empty"


def _differs(folder: Path, name: str, theirs: object, mine: object) -> str:
    return (
        f"{str(folder)!r} holds a run whose {name} is {_short(theirs)}, not {_short(mine)}; "
        f"give another --out, or the same {name}"
    )


def _short(value: object) -> str:
    return repr(value)[:60]
