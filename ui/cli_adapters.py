"""What `finetune continue`, `versions`, `rollback` and `use` tell on the terminal."""

import json
import logging
import warnings
from pathlib import Path

from agent.adapters import CONFIG, read_card
from agent.config import Settings
from agent.quoting import one_line
from finetune.figures import COLUMNS, change_of, table
from finetune.registry import Registry, Version
from ui.cli_screen import Screen

_VERSIONS = ("version", "from", "created", "old exact", "old change", "new exact", "state")


def registry_of(name: str, settings: Settings) -> Registry:
    """The versions under a name in the home folder, or in a folder."""
    named = settings.home / "adapters" / name
    return Registry(named if named.is_dir() or not Path(name).exists() else Path(name))


def begun(name: str, settings: Settings) -> tuple[Registry, Version]:
    """The versions that a name means and the current one; a plain adapter becomes the first one of its own name."""
    registry = registry_of(name, settings)
    if not (registry.folder / CONFIG).is_file():
        return registry, registry.current()
    own = Registry(settings.home / "adapters" / read_card(registry.folder).name)
    return own, own.adopt(registry.folder)


def show_versions(name: str, settings: Settings, *, as_json: bool) -> None:
    """List the versions, oldest first."""
    registry = registry_of(name, settings)
    found = registry.versions() or (registry.current(),)
    if as_json:
        print(json.dumps([_view(v) for v in found], ensure_ascii=False))
    else:
        Screen().rows(_VERSIONS, [_line(v) for v in found])


def roll_back(name: str, to: str, settings: Settings) -> None:
    """Go back, and say where."""
    _told(registry_of(name, settings).rollback(to))


def use_version(name: str, version: str, settings: Settings, *, anyway: bool) -> None:
    """Choose a version."""
    _told(registry_of(name, settings).use(version, anyway=anyway))


def show_change(version: Version) -> None:
    """Skills before and after, and which version serves."""
    if version.card is not None:
        Screen().rows(COLUMNS, list(table(version.card)))
        transfer = version.card.figures.get("old.transfer", 0.0)
        print(f"backward transfer {transfer:+.3f} (exact plans of old skills, after minus before)")


def quiet_libraries() -> None:
    """Progress is told; what libraries will deprecate is not."""
    logging.getLogger("finetune").setLevel(logging.INFO)
    warnings.filterwarnings("ignore", category=FutureWarning)


def _told(version: Version) -> None:
    print(f"{version.name} is current: {version.folder}")


def _line(version: Version) -> tuple[str, ...]:
    card = version.card
    if card is None:
        return (version.name, "", "", "", "", "", one_line(version.state))
    old, new = change_of(card, "old"), change_of(card, "new")
    return (
        version.name,
        card.parent,
        card.created,
        f"{old.after['all'].exact:.3f}" if old and "all" in old.after else "",
        f"{old.transfer:+.3f}" if old else "",
        f"{new.after['all'].exact:.3f}" if new and "all" in new.after else "",
        one_line(version.state),
    )


def _view(version: Version) -> dict[str, object]:
    told = {} if version.card is None else version.card.model_dump(mode="json")
    return {**told, "version": version.name, "current": version.current, "damaged": version.fault}
