"""From a small dataset to a served Keras model with one command.

The verbs of the command line are functions here, for notebooks: `tfapp.fit`,
`tfapp.run`, `tfapp.resume`, `tfapp.check`, `tfapp.evaluate`, `tfapp.compare`,
`tfapp.launch`, `tfapp.decode`, `tfapp.predict`, `tfapp.load`, `tfapp.explain`,
`tfapp.serve`, `tfapp.bundle`, `tfapp.masks`, `tfapp.fetch_weights`, `tfapp.examine`,
`tfapp.tune`, `tfapp.find_rate`, `tfapp.list_runs`, `tfapp.remove_runs`. They are
imported when first used, so `import tfapp` is quick.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

API = {
    "bundle": "tfapp.verbs.bundle",
    "check": "tfapp.verbs.check",
    "compare": "tfapp.verbs.compare",
    "decode": "tfapp.verbs.workers.decode",
    "evaluate": "tfapp.verbs.evaluate",
    "examine": "tfapp.verbs.doctor",
    "explain": "tfapp.verbs.explain",
    "fetch_weights": "tfapp.verbs.weights",
    "find_rate": "tfapp.verbs.tuning.lr",
    "fit": "tfapp.verbs.fit",
    "launch": "tfapp.verbs.workers.launch",
    "list_runs": "tfapp.verbs.runs.listing",
    "load": "tfapp.verbs.runs.loading",
    "load_recipe": "tfapp.recipes",
    "masks": "tfapp.verbs.masks",
    "plan": "tfapp.verbs.fit",
    "predict": "tfapp.verbs.predict",
    "remove_runs": "tfapp.verbs.runs.removal",
    "resume": "tfapp.verbs.run",
    "run": "tfapp.verbs.run",
    "serve": "tfapp.verbs.serve",
    "tune": "tfapp.verbs.tuning.tune",
}

__all__ = [*API]


def __getattr__(name: str) -> Any:
    if name not in API:
        raise AttributeError(f"module 'tfapp' has no attribute {name!r}")
    return getattr(importlib.import_module(API[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *API])
