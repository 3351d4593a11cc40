"""`ask`: one turn on the terminal."""

import json
import sys

from agent import Assistant, TurnRequest
from ui.cli_screen import Screen
from ui.views import done_view


def ask(assistant: Assistant, request: TurnRequest, *, as_json: bool) -> None:
    """Run one turn and print it: the reply, or with `as_json` everything as one JSON object."""
    done = assistant.ask(request)
    if as_json:
        view = done_view(done, assistant.index.catalog)
        sys.stdout.write(json.dumps(view, ensure_ascii=False, allow_nan=False) + "\n")
        sys.stdout.flush()
        return
    screen = Screen()
    if done.cards:
        screen.cards(done.cards, assistant.index.catalog, done.language)
    with screen.reply() as reply:
        reply.add(done.reply)
