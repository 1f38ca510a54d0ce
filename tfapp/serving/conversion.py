"""Content that no graph can read, made such that it can."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tfapp.base.errors import TfappError
from tfapp.serving.images.headers import is_foreign
from tfapp.serving.signature import Arrays
from tfapp.serving.status import invalid

Convert = Callable[[bytes, int], bytes]
"""Content and the most pixels → content that a graph reads; raises TfappError."""
Converters = Mapping[str, Convert]
"""Media type of a model's input, such as "image/*" → what converts its content."""


def converter(converters: Converters, card: Mapping[str, Any]) -> Convert | None:
    """Return what converts the content that a model takes, None if nothing does.

    Args:
        converters: of the server.
        card: of the model, {} without one.
    """
    interface = card.get("interface")
    media_type = interface.get("media_type") if isinstance(interface, dict) else ""
    return converters.get(str(media_type))


def has_foreign(inputs: Arrays) -> bool:
    """Return whether an input holds a file that no graph decodes."""
    return any(
        isinstance(data, bytes) and is_foreign(data)
        for array in inputs.values()
        if array.dtype == object
        for data in array.flat
    )


def converted(inputs: Arrays, convert: Convert, max_pixels: int) -> Arrays:
    """Return the inputs of a request with all such files converted.

    Args:
        inputs: by name.
        convert: of the model, see `converter`.
        max_pixels: of one image.

    Raises:
        RequestError: INVALID_ARGUMENT for a file that cannot be converted.
    """

    def one(index: int, data: Any) -> Any:
        if not (isinstance(data, bytes) and is_foreign(data)):
            return data
        try:
            return convert(data, max_pixels)
        except TfappError as error:
            raise invalid(f"File {index}: {error}") from None

    def column(array: np.ndarray) -> np.ndarray:
        changed = np.empty(array.size, object)
        changed[:] = [one(i, data) for i, data in enumerate(array.flat)]
        return changed.reshape(array.shape)

    return {n: column(a) if a.dtype == object else a for n, a in inputs.items()}
