"""Everything that can go wrong in retrieval.

RetrievalError
├── CatalogError            the source files or the manifest cannot be used
│   └── RowRejected         one row of a source file (file, line, column, value, reason)
├── IndexMissing            no built index at a path
├── IndexUnusable           an index that is corrupt, locked, or of another version
├── StoreDown               the vector store does not answer
├── EmbedderUnusable        an embedding model that cannot be loaded or does not fit the index
└── ConstraintBroken        a result that violates its query: a bug, never shown to a person as a match
"""


class RetrievalError(Exception):
    """Root of the tree. Messages quote the bad value and name the next step, in one line."""


class CatalogError(RetrievalError):
    """Source files or a manifest that cannot be used."""


class RowRejected(CatalogError):
    """One bad row: where it is, what it holds and why it cannot be used."""

    def __init__(self, file: str, line: int, column: str, value: str, reason: str) -> None:
        self.file, self.line, self.column, self.value, self.reason = file, line, column, value, reason
        super().__init__(f"{file}:{line}: column {column!r}: {value[:80]!r}: {reason}")


class IndexMissing(RetrievalError):
    """There is no built index where one was expected."""


class IndexUnusable(RetrievalError):
    """An index is corrupt, locked by another writer, or was built by another version."""


class StoreDown(RetrievalError):
    """The vector store does not answer."""


class EmbedderUnusable(RetrievalError):
    """An embedding model cannot be loaded or does not fit the index."""


class ConstraintBroken(RetrievalError):
    """A result violates the conditions of its query: a bug in the pipeline."""
