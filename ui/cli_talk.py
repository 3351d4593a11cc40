"""`ask` and `chat`: a turn on the terminal."""

import asyncio
import json
import secrets
import sys
from collections.abc import Coroutine
from contextlib import aclosing
from io import TextIOWrapper

from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.text import Text

from agent import Assistant, TurnRequest
from agent.errors import AgentError
from agent.quoting import plain
from agent.types import Failed, TextDelta
from ui.cli_text import safe
from ui.errors import BadInput
from ui.views import done_view, owner

_HELLO = "Say what you like, or what you are looking for. /profile, /undo and /quit work as well."
_COMMANDS = "/profile shows what I know about you, /undo takes the last change of it back, /quit leaves"


def ask(assistant: Assistant, text: str, user: str, session: str, *, as_json: bool) -> None:
    """Run one turn and print it: the reply, or with `as_json` everything as one JSON object."""
    done = assistant.ask(TurnRequest(text=text, user=owner(user, session), session=session))
    if as_json:
        sys.stdout.write(
            json.dumps(done_view(done, assistant.index.catalog), ensure_ascii=False, allow_nan=False) + "\n"
        )
    elif sys.stdout.isatty():
        Console().print(_rendered(done.reply))
    else:
        sys.stdout.write(safe(plain(done.reply)) + "\n")
    sys.stdout.flush()


def chat(assistant: Assistant, user: str, session: str) -> None:
    """Talk until the person leaves with /quit, Ctrl-D or Ctrl-C."""
    talk = _Talk(assistant, user, session or secrets.token_urlsafe(12))
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="strict")
    sys.stderr.write(_HELLO + "\n")
    with asyncio.Runner() as loop:
        try:
            while (said := _line().strip()) != "/quit":
                if said:
                    _finish(loop, talk.answer(said))
        except (EOFError, KeyboardInterrupt):
            sys.stderr.write("\n")


def _finish(loop: asyncio.Runner, answer: Coroutine[None, None, None]) -> None:
    try:
        loop.run(answer)
    finally:
        answer.close()  # Ctrl-C may come before it has begun


def _line() -> str:
    try:
        return input("\nyou › " if sys.stdin.isatty() and sys.stdout.isatty() else "")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"standard input is not UTF-8 (at byte {error.start}); convert it, for example with iconv"
        ) from error


class _Talk:
    """One conversation."""

    def __init__(self, assistant: Assistant, user: str, session: str) -> None:
        self._assistant, self._user, self._session = assistant, user, session

    async def answer(self, said: str) -> None:
        """Answer one line. What fails is told, and the conversation goes on."""
        try:
            match said:
                case "/profile":
                    await self._show_profile()
                case "/undo":
                    await self._assistant.undo(self._user)
                    await self._show_profile()
                case _ if said.startswith("/"):
                    sys.stderr.write(f"there is no command {said[:40]!r}: {_COMMANDS}\n")
                case _:
                    await self._turn(said)
        except AgentError as error:
            sys.stderr.write(f"sommelier: {safe(str(error))}\n")

    async def _turn(self, said: str) -> None:
        request = TurnRequest(text=said, user=self._user, session=self._session)
        shown = _Shown()
        async with aclosing(self._assistant.reply(request)) as events:
            with shown:
                async for event in events:
                    match event:
                        case TextDelta():
                            shown.add(event.text)
                        case Failed():
                            raise AgentError(event.message)

    async def _show_profile(self) -> None:
        active = (await self._assistant.snapshot(self._user, self._session)).profile.active(self._session)
        if not active:
            sys.stdout.write("I know nothing about your taste yet.\n")
        for preference in active:
            said = preference.said
            sign = "seen" if said.seen and not said.rated else "+" if said.polarity > 0 else "-"
            whom = f" (for {said.person})" if said.person else ""
            sys.stdout.write(safe(f"{preference.id:>4} {sign:>4}  {said.label}{whom}") + "\n")
        sys.stdout.flush()


class _Shown:
    """A reply as it grows, a block at a time: Markdown on a terminal, bare text in a pipe. A context manager.

    Only the unfinished block is drawn anew, so that a long reply does not scroll away under the cursor.
    """

    def __init__(self) -> None:
        self._block = ""
        self._console = Console() if sys.stdout.isatty() else None
        self._live = Live(console=self._console, transient=True) if self._console else None

    def __enter__(self) -> "_Shown":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
        self._print(self._block)

    def add(self, piece: str) -> None:
        """Show more of it."""
        *finished, self._block = (self._block + piece).split("\n\n")
        for block in finished:
            self._print(block + "\n")
        if self._live is not None:
            self._live.update(_rendered(self._block))

    def _print(self, block: str) -> None:
        if self._console is not None:
            with self._console.capture() as drawn:
                self._console.print(_rendered(block))
            # rich puts an empty line before a list and none after it; here every block but the last has one after it.
            gap = "\n" if block.endswith("\n") else ""
            self._console.print(Text.from_ansi(drawn.get().strip("\n") + gap))
        else:
            sys.stdout.write(safe(plain(block)) + "\n")
            sys.stdout.flush()


def _rendered(reply: str) -> Markdown:
    return Markdown(safe(reply), hyperlinks=False)
