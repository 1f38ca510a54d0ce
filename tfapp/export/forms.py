"""What exported models answer, by the kind of problem."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tfapp.base.errors import UnknownNameError
from tfapp.domains.images.segmentation import answers
from tfapp.export import parity, signatures


@dataclass(frozen=True)
class Form:
    """What an exported model answers, and how that is checked.

    Args:
        make_signatures: (model, preprocess, options) → signatures by name;
            "serving_default" and "serve_images" are among them, and both have an
            output `probabilities`.
        make_questions: (model, preprocess, options, names of signatures) → check
            images and the Keras model's own answers.
        warmup_sizes: of the batches of TensorFlow Serving's warm-up.
    """

    make_signatures: Callable[..., dict[str, signatures.Signature]]
    make_questions: Callable[..., parity.Questions]
    warmup_sizes: tuple[int, ...]


FORMS = {
    "image_classification": Form(
        signatures.make_signatures, parity.make_questions, (1, 8)
    ),
    "image_segmentation": Form(
        answers.make_segmentation_signatures,
        answers.make_segmentation_questions,
        (1,),
    ),
}


def find_form(name: str) -> Form:
    """Return the form called `name`.

    Raises:
        UnknownNameError: if there is none.
    """
    if name not in FORMS:
        raise UnknownNameError("form", name, FORMS)
    return FORMS[name]


Preprocess = Any
"""`signatures.ImagePreprocess` or `answers.TilePreprocess`, as the form wants it."""
