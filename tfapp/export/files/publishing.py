"""The model of a run becomes the next version of its name, once."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfapp.base.errors import ExportError
from tfapp.export.destination import next_version
from tfapp.export.exporter import ExportResult, export_model, published_version
from tfapp.export.spec import Exported, Interface


def publish_model(
    exported: Exported,
    interface: Interface,
    parent: Path,
    *,
    examples: Sequence[Mapping[str, Any]],
    card: Mapping[str, Any],
    tolerance: float,
) -> ExportResult:
    """Publish a run's model as the next version of its name, whoever else publishes.

    A run that was killed after it had published does not publish again.

    Args:
        exported: see `export_model`; so `interface`, `examples` and `tolerance`.
        interface: see `exported`.
        parent: saved_models/NAME.
        examples: see `exported`.
        card: goes into tfapp.json; card["environment"]["id"] names the run.
        tolerance: see `exported`.

    Raises:
        ExportError: if the SavedModel answers differently.
        StorageError: if the place cannot be written.
    """
    if published := published_version(parent, card["environment"]["id"]):
        return published
    while True:
        destination = parent / str(next_version(parent))
        try:
            return export_model(
                exported,
                interface,
                destination,
                examples=examples,
                card=card,
                tolerance=tolerance,
            )
        except ExportError:
            if not destination.exists():
                raise  # else another run took the number meanwhile: take the next
