"""Where the lines of a chat come from: a terminal with history, line editing and completion, or a pipe."""

import hashlib
import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from agent.quoting import one_line
from ui.cli_text import safe
from ui.errors import BadInput

log = logging.getLogger(__name__)

_LEAST = 2
"""Characters of a title that are enough to complete it."""
_MENU = 4
"""Lines below the prompt that are kept free for completions."""


class Lines(Protocol):
    """What a person says, a message at a time."""

    def line(self) -> str:
        """Read the next message; EOFError when there is none, or the person leaves."""


class Piped:
    """Standard input, as UTF-8, line by line."""

    def __init__(self) -> None:
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="strict")

    def line(self) -> str:
        """Read a line."""
        try:
            line = sys.stdin.readline()
        except UnicodeDecodeError as error:
            step = "convert it, for example with iconv"
            raise BadInput(f"standard input is not UTF-8 (at byte {error.start}); {step}") from error
        if not line:
            raise EOFError
        return line


class Typed:
    """A terminal. Enter sends, Alt-Enter begins a line, a paste may have several; Tab completes commands and titles."""

    def __init__(self, history: Path, words: "Words") -> None:
        self._leaving = False
        self._prompt: PromptSession[str] = PromptSession(
            history=PrivateHistory(history),
            completer=words,
            complete_while_typing=Condition(lambda: get_app().current_buffer.text.startswith("/")),
            key_bindings=_keys(),
            prompt_continuation="      ",
            reserve_space_for_menu=_MENU,
        )

    def line(self) -> str:
        """Read a message. Ctrl-C drops what is typed; where nothing is, a second one leaves, as Ctrl-D does."""
        while True:
            try:
                line = self._prompt.prompt("\nyou › ")
            except KeyboardInterrupt:
                if not self._prompt.default_buffer.text.strip():
                    if self._leaving:
                        raise EOFError from None
                    self._leaving = True
                    sys.stderr.write("Ctrl-C again, Ctrl-D or /quit leaves\n")
                continue
            self._leaving = False
            return line


class Words(Completer):
    """Completes slash commands, names of catalogues behind /catalog, and the titles shown last."""

    def __init__(self, commands: Sequence[tuple[str, str]], catalogs: Sequence[str]) -> None:
        self._commands, self._catalogs = tuple(commands), tuple(catalogs)
        self.titles: tuple[str, ...] = ()
        """Of the list shown last."""

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What may follow."""
        text = document.text_before_cursor
        if text.startswith("/catalog "):
            yield from _starting(text.removeprefix("/catalog "), ((name, "") for name in self._catalogs))
        elif text.startswith("/") and " " not in text:
            yield from _starting(text, self._commands)
        else:
            yield from self._titled(text)

    def _titled(self, text: str) -> Iterable[Completion]:
        said = text.casefold()
        for title in (safe(one_line(title)) for title in self.titles):
            begun = max((n for n in range(_LEAST, len(title) + 1) if _ends(said, title[:n].casefold())), default=0)
            if begun:
                yield Completion(title, start_position=-begun)


class PrivateHistory(FileHistory):
    """A history that only its owner can read; where it cannot be written it lasts as long as the chat."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.chmod(0o600)
        super().__init__(path)

    def store_string(self, string: str) -> None:
        """Keep what was said."""
        try:
            super().store_string(string)
        except OSError as error:
            log.warning("what you type is not kept: %s (%s)", error.strerror, self.filename)


def history_file(home: Path, user: str) -> Path:
    """Where the input history of a user is; the name of the file tells nothing."""
    return home / "history" / hashlib.sha256(user.encode()).hexdigest()[:32]


def _starting(text: str, words: Iterable[tuple[str, str]]) -> Iterable[Completion]:
    return (Completion(word, -len(text), display_meta=meta) for word, meta in words if word.startswith(text))


def _ends(said: str, start: str) -> bool:
    """Whether a text ends with this, at the beginning of a word."""
    before = said[: -len(start)][-1:]
    # Chinese has no spaces between words.
    return said.endswith(start) and not (before.isascii() and before.isalnum())


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def lines_of(terminal: bool, history: Callable[[], Path], words: Words) -> Lines:
    """The lines of standard input: typed, when a person sits at both ends."""
    return Typed(history(), words) if terminal and sys.stdin.isatty() else Piped()
