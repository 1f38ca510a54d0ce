"""Networks as an outline: every layer and shape, and no weight in memory."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_weights() -> Iterator[None]:
    """Let networks built inside have shapes and counts, but no values.

    A network of a hundred million weights is described in a fraction of a second and
    needs no memory. It cannot compute.

    Keras postpones the values of variables made in a stateless scope to its end; here
    they are forgotten instead. The list of those that wait has no public name, hence
    the private module; a test fails if it moves.
    """
    import keras
    from keras.src.backend.common import global_state

    with keras.StatelessScope():
        try:
            yield
        finally:
            global_state.set_global_attribute("uninitialized_variables", [])
