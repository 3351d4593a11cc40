"""`chat`: a conversation on the terminal, with slash commands beside it."""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from agent import Assistant, TurnRequest
from agent.app import bundled
from agent.config import Settings
from agent.errors import AgentError
from agent.languages import DEFAULT
from agent.plan import Action, Forget, React, Recommend, Why
from agent.types import Done, Event, Failed, Planned, Recommended, TextDelta
from agent.wording import item_label, wording_of
from retrieval.errors import RetrievalError
from retrieval.types import Item
from ui.cli_commands import help_rows, numbers_of, read_command, share_of
from ui.cli_failures import explained
from ui.cli_input import Words, history_file, lines_of
from ui.cli_screen import Screen
from ui.cli_text import safe
from ui.errors import BadInput, SurfaceError

_HELLO = "Say what you like, or what you are looking for. /help lists the commands, /quit leaves."


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a chat begins, and how another catalogue is opened."""

    catalog: str
    user: str
    session: str
    settings: Settings
    opens: Callable[[str], Assistant]


def chat(setting: Setting) -> int:
    """Talk until the person leaves; how many turns failed, where nobody was there to see it."""
    screen = Screen()
    words = Words([(usage.partition(" ")[0], does) for usage, does in help_rows()], tuple(bundled(setting.settings)))
    lines = lines_of(screen.is_terminal, lambda: history_file(setting.settings.home, setting.user), words)
    talk = Talk(setting, screen, words)
    sys.stderr.write(_HELLO + "\n")
    with asyncio.Runner() as loop:
        try:
            while not talk.over:
                talk.hear(lines.line().strip(), loop)
        except EOFError:
            sys.stderr.write("\n" if screen.is_terminal else "")
    return 0 if screen.is_terminal else talk.failures


class Talk:
    """One person at one terminal: the conversation that is open, and what was set for it."""

    def __init__(self, setting: Setting, screen: Screen, words: Words) -> None:
        self._setting, self._screen, self._words = setting, screen, words
        self._assistant = setting.opens(setting.catalog)
        self._session = setting.session or secrets.token_urlsafe(12)
        self._diversity = TurnRequest("").diversity
        self._last: Done | None = None
        self._language = DEFAULT
        self._tracing = False
        self.over, self.failures = False, 0

    def hear(self, said: str, loop: asyncio.Runner) -> None:
        """Answer one message or command. What fails is told, and so is what is stopped; the conversation goes on."""
        if not said:
            return
        try:
            said.encode("utf-8")
            answer = self._command(*read_command(said)) if said.startswith("/") else self._say(said)
            if answer is not None:
                _finish(loop, answer)
        except BadInput as error:
            _tell(str(error))
        except UnicodeEncodeError as error:
            _tell(f"the message is not UTF-8 (at character {error.start}); correct its encoding")
        except (AgentError, RetrievalError, SurfaceError, OSError) as error:
            self.failures += 1
            _tell(explained(error)[0])
        except KeyboardInterrupt:
            if not self._screen.is_terminal:
                raise
            _tell("stopped; nothing of this turn is kept")

    def _command(self, name: str, rest: str) -> Coroutine[None, None, None] | None:
        """Run a command, or return what is to be awaited of it."""
        match name:
            case "like" | "dislike" | "seen" | "why" | "more" | "forget":
                return self._click(name, rest)
            case "profile" | "undo" | "export":
                return self._own(name, rest)
            case _:
                self._set(name, rest)
                return None

    async def _click(self, name: str, rest: str) -> None:
        """A turn whose plan is given, so that no model reads it."""
        shown = await self._shown()
        match name:
            case "more":
                await self._act((Recommend(more=True),), "/more")
            case "forget":
                await self._forget(rest)
            case "why":
                number, *_ = numbers_of(rest, len(shown))
                await self._act((Why(item=f"[{number}]"),), f"/why {self._label(shown[number - 1])}")
            case "like" | "dislike" | "seen":
                numbers = numbers_of(rest, len(shown))
                named = ", ".join(self._label(shown[number - 1]) for number in numbers)
                await self._act(tuple(React(item=f"[{n}]", verdict=name) for n in numbers), f"/{name} {named}")

    async def _own(self, name: str, rest: str) -> None:
        """What the person does with their own profile."""
        if name == "export":
            written = json.dumps(await self._assistant.export(self._setting.user), ensure_ascii=False, indent=1)
            self._export(written, rest)
            return
        if name == "undo":
            await self._assistant.undo(self._setting.user)
        snapshot = await self._assistant.snapshot(self._setting.user, self._session)
        wording = wording_of(self._assistant.index.catalog, self._language)
        self._screen.profile(wording.labelled(snapshot.profile.active(self._session)))

    def _set(self, name: str, rest: str) -> None:
        match name:
            case "quit":
                self.over = True
            case "help":
                self._screen.rows(("command", "what it does"), help_rows())
            case "new":
                self._session, self._last, self._words.titles = secrets.token_urlsafe(12), None, ()
                self._screen.say("A new conversation; your profile stays.")
            case "diversity":
                self._diversity = share_of(rest) if rest else self._diversity
                self._screen.say(f"diversity {self._diversity:g}")
            case "trace":
                self._trace(rest)
            case "catalog":
                self._switch(rest)

    def _trace(self, rest: str) -> None:
        if rest not in ("", "on", "off"):
            raise BadInput(f"/trace takes 'on', 'off' or nothing, not {rest[:40]!r}")
        self._tracing = rest == "on" if rest else self._tracing
        if rest:
            self._screen.say(f"trace {rest}")
        elif self._last is None:
            raise BadInput("there has been no turn yet; say what you are looking for")
        else:
            self._screen.trace(self._last)

    def _switch(self, name: str) -> None:
        here = self._assistant.index.manifest.spec
        if not name:
            known = ", ".join(bundled(self._setting.settings))
            self._screen.say(f"this is {here.title or here.name}; there is {known}, and any built index by its path")
            return
        self._assistant = self._setting.opens(name)
        self._last, self._words.titles = None, ()
        spec = self._assistant.index.manifest.spec
        self._screen.say(f"now {spec.title or spec.name}: {self._assistant.index.manifest.items} {spec.nouns}")

    async def _forget(self, rest: str) -> None:
        if not rest:
            raise BadInput("say what to forget: an id of /profile, a name, or everything")
        profile = (await self._assistant.snapshot(self._setting.user, self._session)).profile
        if profile.find(rest) is None:
            await self._act((Forget(what=rest),), f"/forget {rest}")
            return
        await self._assistant.forget(self._setting.user, (rest,))
        await self._own("profile", "")

    def _export(self, written: str, rest: str) -> None:
        if not rest:
            self._screen.write(written)
            return
        path = Path(rest).expanduser()
        # It tells what a person likes: for them alone, and over nothing that is there.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(written + "\n")
        self._screen.say(f"written to {path}")

    async def _act(self, actions: tuple[Action, ...], text: str) -> None:
        await self._say(text, actions)

    async def _say(self, text: str, actions: tuple[Action, ...] = ()) -> None:
        request = TurnRequest(
            text=text, user=self._setting.user, session=self._session, actions=actions, diversity=self._diversity
        )
        async with aclosing(self._assistant.reply(request)) as events:
            with self._screen.reply() as reply:
                async for event in events:
                    self._show(event, reply.add)
        if self._tracing and self._last is not None:
            self._screen.trace(self._last)

    def _show(self, event: Event, add: Callable[[str], None]) -> None:
        match event:
            case Planned():
                self._language = event.language
            case Recommended():
                self._screen.cards(event.cards, self._assistant.index.catalog, self._language)
                self._words.titles = tuple(card.item.title for card in event.cards)
            case TextDelta():
                add(event.text)
            case Done():
                self._last = event
            case Failed():
                raise AgentError(event.message)

    async def _shown(self) -> tuple[Item, ...]:
        lists = (await self._assistant.snapshot(self._setting.user, self._session)).dialogue.shown
        found = (self._assistant.index.catalog.get(i) for i in (lists[-1] if lists else ()))
        return tuple(item for item in found if item is not None)

    def _label(self, item: Item) -> str:
        return item_label(item, self._assistant.index.catalog)


def _finish(loop: asyncio.Runner, answer: Coroutine[None, None, None]) -> None:
    try:
        loop.run(answer)
    finally:
        answer.close()  # Ctrl-C may come before it has begun


def _tell(message: str) -> None:
    sys.stderr.write(f"sommelier: {' '.join(safe(message).split())}\n")
