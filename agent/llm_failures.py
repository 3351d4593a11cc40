"""What can go wrong between us and a model's server, as our errors: without the key, with the next step."""

import httpx2
import openai
from langchain_core.exceptions import LangChainException

from agent.errors import ModelDown, ModelError, ModelMisconfigured, ModelRefused

FAILURES = (openai.OpenAIError, httpx2.HTTPError, LangChainException, TimeoutError, ValueError, TypeError, LookupError)
"""The last three: what the libraries raise for answers that are not in the protocol."""

_PAUSES = (0.25, 1.0, 4.0)
_WORTH = (408, 409, 429)


def failure(error: Exception, url: str, model: str, waited_s: float) -> ModelError:
    """Translate an error. The body of a refusal is not quoted: servers echo keys in it."""
    where = f"the model {model!r} at {url!r}"
    match error:
        case TimeoutError() | openai.APITimeoutError() | httpx2.TimeoutException():
            return ModelDown(f"{where} did not answer within {waited_s:g} s; look at its server, or raise the timeout")
        case openai.APIStatusError():
            return _status(error, where)
        case openai.APIConnectionError() | httpx2.HTTPError():
            return ModelDown(f"{where} cannot be reached ({type(error).__name__}); start it, or correct the address")
        case LookupError() if not isinstance(error, KeyError | IndexError):
            return ModelMisconfigured(
                f"there is no model {model!r} at {url!r}; it serves {error}: set SOMMELIER_LLM_MODEL"
            )
        case _:
            return ModelDown(f"{where} does not speak the protocol ({type(error).__name__}); look at its server")


def retry_after(error: Exception, attempt: int) -> float | None:
    """Seconds to wait before trying again: as the server says, else longer each time; None: it would not help."""
    if isinstance(error, openai.APIStatusError):
        if error.status_code not in _WORTH and error.status_code < 500:
            return None
        asked = error.response.headers.get("retry-after", "")
        if asked.replace(".", "", 1).isdigit():
            return float(asked)
    elif isinstance(error, TimeoutError | openai.APITimeoutError) or not isinstance(error, openai.APIConnectionError):
        return None
    return _PAUSES[min(attempt, len(_PAUSES) - 1)]


def _status(error: openai.APIStatusError, where: str) -> ModelError:
    code = error.status_code
    if code in (401, 403):
        return ModelMisconfigured(f"{where} refuses the key (status {code}); set SOMMELIER_LLM_KEY")
    if code == 404:
        return ModelMisconfigured(f"{where} does not exist (status 404); set SOMMELIER_LLM_URL and SOMMELIER_LLM_MODEL")
    if code == 429:
        return ModelDown(f"{where} is busy (status 429); wait, or raise its limits")
    if code >= 500:
        return ModelDown(f"{where} failed (status {code}); look at its log")
    return ModelRefused(f"{where} refuses this request (status {code}); see its log, or allow it a longer context")
