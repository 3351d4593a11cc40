"""What a failure says on the terminal: one line and an exit code; --debug adds the traceback."""

import errno
from typing import TYPE_CHECKING

from agent.errors import AgentError
from finetune.errors import FinetuneError
from retrieval.errors import RetrievalError
from ui.cli_text import safe
from ui.errors import BadInput, SurfaceError

if TYPE_CHECKING:
    from pydantic import ValidationError

USAGE, FAILURE = 2, 1


def explained(error: Exception) -> tuple[str, int]:
    """The line for an error, and the exit code."""
    # Only here: a command that runs well imports neither.
    from pydantic import ValidationError
    from pydantic_settings import SettingsError
    from typer import TyperException

    match error:
        case TyperException():
            message, code = f"{_usage(error)}; see --help", error.exit_code
        case BadInput():
            message, code = str(error), USAGE
        case SurfaceError() | AgentError() | RetrievalError() | FinetuneError():
            message, code = str(error), FAILURE
        case ValidationError() if error.title == "Settings":
            message, code = _setting(error), FAILURE
        case SettingsError():
            message, code = f"a SOMMELIER_* setting cannot be read ({error}); lists are JSON", FAILURE
        case OSError():
            message, code = _system(error), FAILURE
        case _:
            message, code = f"internal error ({type(error).__name__}: {error}); --debug shows where", FAILURE
    return " ".join(safe(message).split()), code


def _usage(error: Exception) -> str:
    return str(error.format_message() if hasattr(error, "format_message") else error).rstrip(".")


def _setting(error: "ValidationError") -> str:
    """Without the value: it may be a key."""
    first = error.errors(include_input=False)[0]
    name = "_".join(str(part) for part in first["loc"][:1]).upper()
    return f"the setting SOMMELIER_{name} is not usable: {first['msg']}; correct it"


def _system(error: OSError) -> str:
    where = f" ({str(error.filename)!r})" if error.filename else ""
    step = {errno.ENOSPC: "; free some space", errno.EPIPE: ": the reader went away"}.get(error.errno or 0, "")
    return f"{(error.strerror or str(error)).lower()}{where}{step}"
