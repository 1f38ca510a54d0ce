"""Every error that a user can fix.

TfappError                 one line on stderr, exit code 2
├── ConfigError            a recipe, an option or an argument is wrong
│   └── UnknownNameError   a name that no registry holds
├── DataError              the data cannot be used as it is
├── DamageError            a file is not as it was written
├── StorageError           a place cannot be written, or the disk is full
├── WeightsError           pretrained weights are missing or do not fit
├── ModelError             the network cannot be built from these options
├── TrainingError          training cannot go on (disk full, NaN loss, …)
├── ExportError            the exported model is missing, broken or differs
├── ServingError           the server cannot start, or a request cannot be answered
└── Interrupted            the user pressed Ctrl-C

Anything else that is raised is a bug and keeps its traceback. A message states what
is wrong and where, what was expected, what was received, and the way out.
"""

import difflib
from collections.abc import Iterable

ERRORS = "TFAPP_ERRORS"
"""Variable: a file that gets the error of a command, instead of stderr."""


class TfappError(Exception):
    """A mistake or failure that the user can fix."""


class ConfigError(TfappError, ValueError):
    """A recipe, an option or an argument is wrong."""


MOST_NAMES = 20
"""Names up to which an error lists all of them."""


class UnknownNameError(ConfigError):
    """A name that no registry holds.

    Args:
        kind: what was looked for, for example "model".
        name: the name received.
        choices: the names that exist.
    """

    def __init__(self, kind: str, name: str, choices: Iterable[str]) -> None:
        names = sorted(choices)
        shown = names if len(names) <= MOST_NAMES else names[:3]
        meant = did_you_mean(name, names)
        others = f" {len(names)} names, such as" if shown != names else ""
        super().__init__(
            f"Unknown {kind} {name!r}.{meant} Expected one of{others} {shown}."
        )


class DataError(TfappError, ValueError):
    """The data cannot be used as it is."""


class DamageError(TfappError, ValueError):
    """A file is not as it was written."""


class StorageError(TfappError):
    """A place cannot be written, or the disk is full."""


class WeightsError(TfappError, RuntimeError):
    """Pretrained weights are missing or do not fit."""


class ModelError(TfappError, ValueError):
    """The network cannot be built from these options."""


class TrainingError(TfappError, RuntimeError):
    """Training cannot go on."""


class ExportError(TfappError, RuntimeError):
    """The exported model is missing, broken or answers differently."""


class ServingError(TfappError, RuntimeError):
    """The server cannot start with its settings, or a request cannot be answered."""


class Interrupted(TfappError):
    """The user pressed Ctrl-C."""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the closest known name, or an empty string."""
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""
