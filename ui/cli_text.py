"""Text between a terminal and the agent: what is read is valid, what is written cannot command the terminal."""

import sys
import unicodedata

from ui.errors import BadInput

_KEPT = "\n\t"
_DROPPED = frozenset(("Cc", "Cf", "Cs", "Co"))
"""Control, format (text direction among them), surrogate and private characters."""
_JOINERS = "\u200d\u200c"


def message_of(text: str, max_chars: int) -> str:
    """Read a message given as an argument, or '-' for standard input; BadInput for what cannot be one."""
    said = piped(max_chars) if text == "-" else text
    try:
        said.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadInput(f"the message is not UTF-8 (at character {error.start}); correct its encoding") from error
    if not said.strip():
        raise BadInput("the message is empty; say what you are looking for")
    if len(said) > max_chars:
        raise BadInput(f"the message has {len(said)} characters, the limit is {max_chars}; send a shorter one")
    return said.strip()


def piped(max_chars: int) -> str:
    """Read standard input, as UTF-8."""
    most = 4 * max_chars
    raw = sys.stdin.buffer.read(most + 1)
    if len(raw) > most:
        raise BadInput(f"standard input has more than {max_chars} characters, which is the limit; send less")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte {raw[error.start]:#04x} at {error.start}"
        raise BadInput(f"standard input is not UTF-8 ({where}); convert it, for example with iconv") from error


def safe(text: str) -> str:
    """Text without characters that command a terminal: catalogues, people and models may have put some in."""
    return "".join(c for c in text if c in _KEPT or c in _JOINERS or unicodedata.category(c) not in _DROPPED)
