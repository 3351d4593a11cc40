"""Everything that can go wrong in tuning.

FinetuneError
└── BadRows                 examples that cannot be used: file, line, reason
    └── LeakedRows          examples that are part of what a model is measured on
"""


class FinetuneError(Exception):
    """Root of the tree. Messages quote the bad value and name the next step, in one line."""


class BadRows(FinetuneError):
    """A file of examples, or of what they are made from, that cannot be used."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        self.file, self.line, self.reason = file, line, reason
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")


class LeakedRows(BadRows):
    """Examples for training that a model is measured on."""
