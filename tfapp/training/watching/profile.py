"""A profile of some steps: what the processor or GPU did in them."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import keras
import tensorflow as tf


class Profile:
    """Records from one step to another.

    Args:
        steps: the first and the last step, from 1; () for no profile.
        folder: of the trace, which TensorBoard's plugin "profile" and Perfetto read.
    """

    def __init__(self, steps: Sequence[int], folder: Path) -> None:
        self.first, self.last = steps if steps else (0, 0)
        self.folder = folder
        self.running = False

    def reach(self, done: int) -> None:
        """Begin or end, if it is time for that.

        Args:
            done: steps that are finished.
        """
        if not self.running and self.first - 1 <= done < self.last:
            self._start()
        elif self.running and done >= self.last:
            self.stop()

    def stop(self) -> None:
        """End and write the trace, if one is being recorded."""
        if not self.running:
            return
        self.running, self.last = False, 0
        if keras.backend.backend() == "jax":
            import jax

            jax.profiler.stop_trace()  # type: ignore[no-untyped-call]
            return
        with suppress(tf.errors.UnavailableError):  # another program ended it
            tf.profiler.experimental.stop()

    def _start(self) -> None:
        self.running = True
        folder = str(self.folder)
        if keras.backend.backend() == "jax":
            import jax

            jax.profiler.start_trace(folder)
            return
        tf.profiler.experimental.start(folder)
