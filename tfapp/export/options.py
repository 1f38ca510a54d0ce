"""What an export is told beside the model and the place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Explain = Callable[[Any], tuple[Any, Any]]
"""Inputs of a model → its logits (batch, num_classes), and a JPEG or PNG file for each
that shows what decided, string tensor (batch,); in TensorFlow operations."""


@dataclass(frozen=True)
class ExportOptions:
    """What an export is told beside the model and the place.

    Args:
        class_names: names in the order of the logits.
        card: JSON-ready; goes into tfapp.json beside what the export adds.
        warmup_images: encoded images for TensorFlow Serving's warm-up, at least one.
        check_images: encoded images whose answers are compared, at least one.
        temperature: divides the logits before the softmax.
        tolerance: largest absolute difference of a probability allowed.
        explain: makes what explains a model's answers, out of the model; raises
            ModelError for one that cannot be explained. None for no explanations.
        form: what the model answers; see `tfapp.export.forms`.
    """

    class_names: Sequence[str]
    card: Mapping[str, Any]
    warmup_images: Sequence[bytes]
    check_images: Sequence[bytes]
    temperature: float = 1.0
    tolerance: float = 1e-4
    explain: Callable[[Any], Explain] | None = None
    form: str = "image_classification"
