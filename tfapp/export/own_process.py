"""Export from a process whose Keras runs on another backend than TensorFlow.

The process runs `tfapp/export/__main__.py`.
"""

import pickle
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tfapp.base.errors import ExportError, TfappError
from tfapp.export.checking.fresh_process import environment, last_useful_line
from tfapp.export.spec import Exported, Interface

MODEL, ARGUMENTS, OUTCOME = "model.keras", "arguments.pickle", "outcome.pickle"


def export_in_own_process(
    exported: Exported,
    interface: Interface,
    destination: Path,
    options: Mapping[str, Any],
) -> Any:
    """Export a model in a fresh process, on Keras' TensorFlow backend.

    A file of Keras holds no trace of the backend that wrote it, so what is exported
    there is the same network with the same weights.

    Args:
        exported: as for `export_model`; its Keras model may be on any backend.
        interface: as for `export_model`.
        destination: as for `export_model`.
        options: keyword arguments of `export_model`.

    Returns:
        The ExportResult.

    Raises:
        ExportError: as `export_model`, or if the process was ended from outside.
        RuntimeError: for a bug, with the traceback of the process.
    """
    with tempfile.TemporaryDirectory(prefix="tfapp-export-") as place:
        folder = Path(place)
        exported.model.save(folder / MODEL)
        rest = replace(exported, model=None)
        passed = (_modules(exported.model), rest, interface, destination, options)
        (folder / ARGUMENTS).write_bytes(pickle.dumps(passed))
        command = [sys.executable, "-m", "tfapp.export", place]
        done = subprocess.run(
            command,
            capture_output=True,
            env={**environment(), "KERAS_BACKEND": "tensorflow"},
        )
        if not (folder / OUTCOME).is_file():
            raise _failed(done.stderr, done.returncode)
        outcome = pickle.loads((folder / OUTCOME).read_bytes())
    if isinstance(outcome, TfappError):
        raise outcome
    return outcome


def _modules(model: Any) -> list[str]:
    """Return the modules that hold layers of our own, or of the user's."""
    names = {type(layer).__module__ for layer in model._flatten_layers()}
    return sorted(name for name in names if name.split(".")[0] != "keras")


def _failed(stderr: bytes, returncode: int) -> Exception:
    if returncode < 0:
        reason = last_useful_line(stderr, returncode)
        return ExportError(f"The process that exports the model failed: {reason}.")
    text = stderr.decode(errors="replace").strip()
    return RuntimeError(f"The process that exports the model failed:\n{text}")
