"""The conversational recommender: `from agent import Assistant, TurnRequest, load`."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.app import load
    from agent.assistant import Assistant
    from agent.types import TurnRequest

__all__ = ["Assistant", "TurnRequest", "load"]

_HOMES = {"Assistant": "agent.assistant", "TurnRequest": "agent.types", "load": "agent.app"}


def __getattr__(name: str) -> object:
    """Import on first use, so that `import agent.plan` does not load a vector store."""
    if name not in _HOMES:
        raise AttributeError(f"module 'agent' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
