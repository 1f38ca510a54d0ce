"""From a small dataset to a served Keras model with one command.

The verbs of the command line are functions here, for notebooks: `tfapp.fit`,
`tfapp.run`, `tfapp.resume`, `tfapp.check`, `tfapp.evaluate`, `tfapp.compare`,
`tfapp.launch`, `tfapp.decode`, `tfapp.predict`, `tfapp.load`, `tfapp.explain`,
`tfapp.serve`, `tfapp.export_file`, `tfapp.describe`, `tfapp.examine`, `tfapp.tune`,
`tfapp.find_rate`, `tfapp.list_runs`, `tfapp.remove_runs`; and those that domains add in
their table VERBS: `tfapp.bundle`, `tfapp.masks`, `tfapp.fetch_weights`,
`tfapp.convolution_lab`, `tfapp.sample`, `tfapp.scan`, `tfapp.stylize`. They are
imported when first used, so `import tfapp` is quick.

After `import tfapp`, `keras.saving.load_model("model.keras")` reads the networks of
runs: our layers are named to Keras as soon as it is imported.
"""

import importlib
import os
from typing import Any

from tfapp.base.after_import import after_import

__version__ = "0.1.0"

API = {
    "check": "tfapp.verbs.check:check",
    "compare": "tfapp.verbs.compare:compare",
    "decode": "tfapp.verbs.workers.decode:decode",
    "describe": "tfapp.verbs.describe:describe",
    "evaluate": "tfapp.verbs.evaluate:evaluate",
    "examine": "tfapp.verbs.doctor:examine",
    "explain": "tfapp.verbs.explain:explain",
    "export_file": "tfapp.verbs.export:export",
    "find_rate": "tfapp.verbs.tuning.lr:find_rate",
    "fit": "tfapp.verbs.fit:fit",
    "launch": "tfapp.verbs.workers.launch:launch",
    "list_runs": "tfapp.verbs.runs.listing:list_runs",
    "load": "tfapp.verbs.runs.loading:load",
    "load_recipe": "tfapp.recipes:load_recipe",
    "plan": "tfapp.verbs.fit:plan",
    "predict": "tfapp.verbs.predict:predict",
    "remove_runs": "tfapp.verbs.runs.removal:remove_runs",
    "resume": "tfapp.verbs.run:resume",
    "run": "tfapp.verbs.run:run",
    "serve": "tfapp.verbs.serve:serve",
    "tune": "tfapp.verbs.tuning.tune:tune",
}
"""The functions that there are whatever the domains."""


def _register_layers() -> None:
    importlib.import_module("tfapp.layers").register()


if "TFAPP_OWN_PROCESS" not in os.environ:  # the command line does it where it loads
    after_import("keras", _register_layers)


def functions() -> dict[str, str]:
    """Return every function of the Python API: name → "module:function"."""
    registry = importlib.import_module("tfapp.base.registry")
    further: dict[str, str] = registry.union("VERBS")
    return API | further


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return [*functions()]
    targets = API if name in API or name.startswith("_") else functions()
    if name not in targets:
        raise AttributeError(f"module 'tfapp' has no attribute {name!r}")
    module, _, function = targets[name].partition(":")
    return getattr(importlib.import_module(module), function)


def __dir__() -> list[str]:
    return sorted([*globals(), *functions()])
