"""What can go wrong between a person and the agent.

SurfaceError
├── BadInput                what was typed or piped cannot be read: exit code 2
└── CannotListen            the server's address cannot be had
"""


class SurfaceError(Exception):
    """Root of the tree. Messages quote the bad value and name the next step, in one line."""


class BadInput(SurfaceError):
    """Input that cannot be used as it is."""


class CannotListen(SurfaceError):
    """An address that cannot be listened on."""
