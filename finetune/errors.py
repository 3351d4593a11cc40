"""Everything that can go wrong in tuning.

FinetuneError
├── BadRows                 examples that cannot be used: file, line, reason
│   └── LeakedRows          examples that are part of what a model is measured on
├── BadOptions              an option, a preset, or options that do not go together
├── OtherRun                a folder that holds a run of other rows, options or another base
├── BadCheckpoint           no checkpoint of a run can be read
├── NoSpace                 no room for checkpoints or weights; what was written before is kept
├── MissingPart             a library that an option needs is not installed, or hardware is not there
├── Interrupted             a run was stopped; the same command goes on
├── ExportFailed            weights that cannot be written as what a server loads
├── RegistryError           versions of an adapter
│   ├── NoVersion           none of that name, none that serves, none to go back to, or one that may not serve
│   ├── DamagedVersion      its files are not the ones that were published
│   ├── RegistryBusy        another process is writing
│   └── RegistryUnusable    the folder cannot be written
├── ServingError            a server of a tuned model
│   ├── TooLarge            it does not fit the device; says what would
│   ├── NoServer            there is no vLLM to start, or not the one for this machine
│   ├── ServerFailed        it ended, or did not become healthy: its last words
│   ├── ServerDown          it does not answer
│   └── AdapterRefused      it does not take an adapter, or has none of that name: its own words
├── NoAnswer                a model that is measured does not answer; what it answered before is kept
└── Forgets                 the gate refused a new version: it lost more of the old skills than it may
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


class BadOptions(FinetuneError):
    """An option that cannot be, or options that do not go together."""


class OtherRun(FinetuneError):
    """A folder that holds another run: its rows, options or base differ."""


class BadCheckpoint(FinetuneError):
    """Checkpoints are there and none of them can be read."""


class NoSpace(FinetuneError):
    """There is no room for checkpoints or weights."""


class MissingPart(FinetuneError):
    """A library or a device that an option needs is not there."""


class Interrupted(FinetuneError):
    """A run was stopped and saved."""


class ExportFailed(FinetuneError):
    """Weights cannot be written as what a server loads."""


class RegistryError(FinetuneError):
    """A version of an adapter cannot be had or kept."""


class NoVersion(RegistryError):
    """There is no such version, or it may not serve."""


class DamagedVersion(RegistryError):
    """A version's files are not the ones that were published."""


class RegistryBusy(RegistryError):
    """Another process is writing."""


class RegistryUnusable(RegistryError):
    """The folder of the versions cannot be written."""


class NoAnswer(FinetuneError):
    """A model that is measured does not answer."""


class Forgets(FinetuneError):
    """A new version lost more of the old skills than it may."""


class ServingError(FinetuneError):
    """A server of a tuned model cannot be started or told."""


class TooLarge(ServingError):
    """A model does not fit the device."""

    def __init__(self, message: str, parameters: int, window: int) -> None:
        self.parameters, self.window = parameters, window
        """What would fit: so many parameters, or so many tokens of window; 0: nothing."""
        super().__init__(message)


class NoServer(ServingError):
    """There is no vLLM to start."""


class ServerFailed(ServingError):
    """A server ended by itself or never became healthy."""


class ServerDown(ServingError):
    """A server does not answer."""


class AdapterRefused(ServingError):
    """A server does not take an adapter, or has none of that name."""
