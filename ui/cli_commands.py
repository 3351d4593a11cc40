"""The slash commands of a chat: what they are called, what they take, and how one is read. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.quoting import one_line
from ui.errors import BadInput


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name, what follows it, what it does."""

    name: str
    takes: str
    does: str


COMMANDS = (
    Command("help", "", "this list"),
    Command("like", "N …", "like items of the list shown last, by their numbers"),
    Command("dislike", "N …", "dislike them"),
    Command("seen", "N …", "you know them already; they do not come again"),
    Command("why", "N", "why an item is on the list"),
    Command("more", "", "others than those shown"),
    Command("profile", "", "what counts about you"),
    Command("undo", "", "take the last change of your profile back"),
    Command("forget", "WHAT", "drop something: an id of /profile, a name, or everything"),
    Command("export", "[FILE]", "everything that is kept about you, as JSON"),
    Command("diversity", "[X]", "0 most relevant first, 1 most varied"),
    Command("catalog", "[NAME]", "another catalogue, or which there are"),
    Command("trace", "[on|off]", "what the last turn did, or after every turn"),
    Command("new", "", "a new conversation; your profile stays"),
    Command("quit", "", "leave; Ctrl-D does it too"),
)
_NAMES = tuple(command.name for command in COMMANDS)


def read_command(line: str) -> tuple[str, str]:
    """The name of a command and what follows it; an unmistakable beginning of a name will do."""
    name, _, rest = line.removeprefix("/").partition(" ")
    meant = [name] if name in _NAMES else [known for known in _NAMES if name and known.startswith(name)]
    if len(meant) != 1:
        raise BadInput(f"there is no command {'/' + one_line(name, 40)!r}; /help lists what there is")
    return meant[0], rest.strip()


def numbers_of(rest: str, shown: int) -> tuple[int, ...]:
    """The numbers behind a command, each of an item of the list shown last."""
    if not shown:
        raise BadInput("no list has been shown yet; say what you are looking for")
    words = rest.replace(",", " ").split()
    if not words:
        raise BadInput(f"give a number of the list shown last, 1 to {shown}")
    return tuple(dict.fromkeys(_number(word, shown) for word in words))


def share_of(text: str) -> float:
    """A number from 0 to 1."""
    try:
        share = float(text)
    except ValueError as error:
        raise BadInput(f"diversity {text[:40]!r} is no number; give one from 0 to 1") from error
    if not 0 <= share <= 1:
        raise BadInput(f"diversity {text[:40]!r} is out of range; give a number from 0 to 1")
    return share


def help_rows() -> Sequence[tuple[str, str]]:
    """The commands with what they take, and what they do."""
    return [(f"/{command.name} {command.takes}".strip(), command.does) for command in COMMANDS]


def _number(word: str, shown: int) -> int:
    number = int(word) if word.isdecimal() and len(word) < 4 else 0
    if not 1 <= number <= shown:
        raise BadInput(f"there is no item {word[:40]!r} in the list shown last; it has 1 to {shown}")
    return number
