"""An encoder that is exported by a process of its own while a build goes on with what needs no encoder."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from retrieval.embed import encoder_name, is_exported, open_embedder
from retrieval.ports import Embedder, Matrix

_EXPORT = """
import sys
from pathlib import Path
from retrieval.embed import open_embedder
open_embedder(sys.argv[1], Path(sys.argv[2]))
"""


class AsideEmbedder:
    """Knows its name at once; waits for its export on the first `embed`, and shows why if that failed."""

    def __init__(self, model: str, home: Path) -> None:
        self.name = encoder_name(model)
        self._model, self._home = model, home
        self._opened: Embedder | None = None
        self._export = None if is_exported(self.name, home) else _started(model, home)

    def open(self) -> Embedder:
        """Wait for the export and open it; EmbedderUnusable if the model cannot be used."""
        if self._export is not None:
            self._export.wait()
            self._export = None
        if self._opened is None:
            # After a failed export this tries once more, here, where its error can be told.
            self._opened = open_embedder(self._model, self._home)
        return self._opened

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors, shape (len(texts), d)."""
        return self.open().embed(texts)


def _started(model: str, home: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", _EXPORT, model, str(home)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
