"""Export a model that another process left in a folder.

`KERAS_BACKEND=tensorflow python -m tfapp.export FOLDER` reads `model.keras` and
`arguments.pickle` from FOLDER, exports, and writes `outcome.pickle` there.
"""

import importlib
import pickle
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from tfapp.base.errors import TfappError
from tfapp.export.exporter import export_model
from tfapp.export.own_process import ARGUMENTS, MODEL, OUTCOME


def main(folder: str) -> None:
    """Export what lies in one folder; leave the result, or the user's error, there."""
    place = Path(folder)
    passed = pickle.loads((place / ARGUMENTS).read_bytes())
    modules, rest, interface, destination, options = passed
    for module in modules:
        importlib.import_module(module)
    model = keras.models.load_model(place / MODEL, compile=False)
    try:
        outcome: Any = export_model(
            replace(rest, model=model), interface, destination, **options
        )
    except TfappError as error:
        outcome = error
    (place / OUTCOME).write_bytes(pickle.dumps(outcome))


if __name__ == "__main__":
    main(*sys.argv[1:])
