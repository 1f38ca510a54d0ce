"""Start TensorFlow once, without the pages it writes to stderr while starting."""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tfapp.reporter import Reporter


def start_tensorflow(reporter: Reporter) -> None:
    """Import TensorFlow and Keras and find the devices; quick after the first time.

    The messages come from native code that no log level reaches, so the process's
    stderr is put aside meanwhile. If starting fails, they are shown.

    Args:
        reporter: shows the stage; the import alone takes seconds.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with reporter.stage("start TensorFlow"), _native_stderr_aside():
        import keras  # noqa: F401
        import tensorflow as tf

        tf.config.list_logical_devices()


@contextmanager
def _native_stderr_aside() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # other threads may be writing
        return
    with tempfile.TemporaryFile() as aside:
        sys.stderr.flush()
        kept = os.dup(2)
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except Exception:
            os.dup2(kept, 2)
            aside.seek(0)
            os.write(2, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
