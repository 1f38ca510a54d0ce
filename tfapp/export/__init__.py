"""Trained model to SavedModel; only its folder crosses over to serving.

NAME/VERSION/
├── saved_model.pb, variables/
├── tfapp.json                              what it is, how it was made and checked
└── assets.extra/
    ├── labels.txt                          one class name a line
    └── tf_serving_warmup_requests          replayed before the version goes live
"""

import json
from pathlib import Path
from typing import Any

from tfapp.base.errors import ExportError

CARD = "tfapp.json"
LABELS = "assets.extra/labels.txt"
WARMUP = "assets.extra/tf_serving_warmup_requests"


def read_card(folder: Path) -> dict[str, Any]:
    """Return the content of a SavedModel's tfapp.json; {} if it has none.

    Raises:
        ExportError: if the file is damaged.
    """
    path = folder / CARD
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ExportError(
            f"{path} is damaged: it is not JSON. Export the model again."
        ) from error


def read_labels(folder: Path) -> tuple[str, ...]:
    """Return the labels that a SavedModel carries, or () if it has none."""
    labels = folder / LABELS
    if card := read_card(folder):
        return tuple(card.get("class_names", ()))
    if labels.is_file():
        return tuple(labels.read_text(encoding="utf-8").splitlines())
    return ()
