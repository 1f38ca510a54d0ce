"""What an export is told beside the model and the place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


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
    """

    class_names: Sequence[str]
    card: Mapping[str, Any]
    warmup_images: Sequence[bytes]
    check_images: Sequence[bytes]
    temperature: float = 1.0
    tolerance: float = 1e-4
