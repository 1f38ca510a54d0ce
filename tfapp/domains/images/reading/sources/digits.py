"""The embedded default: needs no network and no files."""

import numpy as np

from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.domains.images.reading.sources.arrays import encode_png
from tfapp.problems.classification.examples import labelled


def digits(place: str, context: LoadContext) -> Source:
    """The embedded default: 1,797 handwritten digits of 8x8 pixels, no network.

    Scikit-learn's copy of the UCI digits; its grey values 0..16 become 0..255.
    """
    from sklearn.datasets import load_digits

    data = load_digits()
    images = np.rint(data.images * (255 / 16)).astype(np.uint8)[..., np.newaxis]
    names = [f"digits/{i:04d}" for i in range(len(images))]
    return Source(
        name="digits",
        root=None,
        examples=tuple(
            labelled(name, str(label))
            for name, label in zip(names, data.target, strict=True)
        ),
        labels=tuple(map(str, data.target_names)),
        contents=dict(zip(names, map(encode_png, images), strict=True)),
    )
