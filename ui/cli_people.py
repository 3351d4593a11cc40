"""`profile`: what is kept about a person, without opening the catalogue."""

import asyncio
import json
import sys

from agent.app import people
from agent.config import Settings
from ui.cli_input import history_file
from ui.cli_screen import Screen
from ui.cli_text import safe
from ui.errors import BadInput


def show_profile(user: str, session: str, catalog: str, settings: Settings) -> None:
    """Print what counts about a person."""
    snapshot = asyncio.run(people(catalog, settings).load(_named(user), session))
    Screen().profile(snapshot.profile.active(session))


def export_profile(user: str, catalog: str, settings: Settings) -> None:
    """Print everything that is stored about a person, as JSON."""
    kept = asyncio.run(people(catalog, settings).export(_named(user)))
    sys.stdout.write(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")


def delete_profile(user: str, catalog: str, settings: Settings, *, sure: bool) -> None:
    """Erase everything about a person, and what they typed; asks first, where there is somebody to ask."""
    store = people(catalog, settings)
    records = len(asyncio.run(store.load(_named(user), "")).profile.records)
    if not sure and not _confirmed(user):
        raise BadInput(f"nothing of {user!r} is deleted; confirm with --yes")
    turns = asyncio.run(store.forget_user(user))
    history_file(settings.home, user).unlink(missing_ok=True)
    sys.stdout.write(f"deleted: {records} preferences, {turns} turns of {safe(user)}\n")


def _confirmed(user: str) -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stderr.write(f"Delete everything about {safe(user)!r}? It cannot be undone. [y/N] ")
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _named(user: str) -> str:
    if not user:
        raise BadInput("--user '' names nobody; say whose profile")
    return user
