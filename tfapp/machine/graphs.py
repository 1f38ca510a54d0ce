"""Whether TensorFlow rewrites a graph before its first call."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

OFF = {"disable_meta_optimizer": True}


@contextmanager
def as_they_are() -> Iterator[None]:
    """Call graphs of this block as they are, without optimising them first.

    Optimising MobileNetV2 takes half a second and InceptionV3 one; the processor time
    of later calls is the same with it and without. So few calls end earlier without.
    What TensorFlow has been set to comes back at the end. Nothing happens where
    TensorFlow does not run.
    """
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        yield
        return
    optimizer = tensorflow.config.optimizer
    before = optimizer.get_experimental_options()
    optimizer.set_experimental_options(OFF)
    try:
        yield
    finally:
        optimizer.set_experimental_options({"disable_meta_optimizer": False, **before})
