"""Start TensorFlow once, set as a run wants it, without the pages it writes."""

import importlib.util
import os
import sys
import tempfile
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from tfapp.base.errors import ConfigError
from tfapp.base.reporter import Reporter
from tfapp.machine import processor
from tfapp.machine.backend import require_backend
from tfapp.machine.cluster import team
from tfapp.machine.garbage import collection_paused
from tfapp.machine.messages import set_messages_aside
from tfapp.recipes.config import RuntimeConfig

OWN_PROCESS = "TFAPP_OWN_PROCESS"
"""Variable that the command line sets: nobody else's code runs in this process."""
NOT_NEEDED = ("jax", "matplotlib", "pandas", "sklearn")
"""Packages that Keras and TensorFlow import, if they are here, for functions that tfapp
does not call; it takes 40 % of the time of TensorFlow's own import."""

JAX_MISSING = (
    "`runtime.backend` = 'jax' needs JAX, which is not installed: "
    "pip install 'tfapp[jax]'."
)
_starting = threading.Lock()
_left_to_parent = threading.Event()
DETERMINISTIC_GPU = "--xla_gpu_deterministic_ops=true"


class LeftToParent(BaseException):
    """This process is a helper without TensorFlow; no handler of errors catches it."""


def start_tensorflow(
    reporter: Reporter,
    runtime: RuntimeConfig | None = None,
    *,
    needs_backend: bool = True,
    needs_keras: bool = True,
) -> tuple[str, ...]:
    """Import TensorFlow and Keras and find the devices; quick after the first time.

    The messages come from native code that no log level reaches, so the process's
    stderr is put aside meanwhile. If starting fails, they are shown.

    Backend, threads and allocator belong to the process. What another run has set
    before stays: another backend is an error, other threads are reported.

    Args:
        reporter: shows the stage; the import alone takes seconds.
        runtime: of the recipe; None, where there is none, leaves the backend as the
            user's environment names it.
        needs_backend: whether the backend that the environment names has to be
            installed; what only reads data or SavedModels needs none.
        needs_keras: whether Keras is imported too; a SavedModel answers without.

    Returns:
        What was set, in words, for the line that announces a run.

    Raises:
        ConfigError: if Keras runs on another backend already, or one is missing.
    """
    if runtime is not None:
        _choose_backend(runtime)
    elif "keras" not in sys.modules:
        require_backend(needs_backend)
    allocator = _tune_allocator(runtime or RuntimeConfig())
    wanted = {"tensorflow", "keras"} if needs_keras else {"tensorflow"}
    if not wanted <= sys.modules.keys():
        _start(reporter, runtime or RuntimeConfig(), needs_keras)
    elif runtime is not None:
        _set_threads(reporter, sys.modules["tensorflow"], runtime)
    return allocator


def require_tensorflow() -> None:
    """Start TensorFlow without a word, from any thread, if it does not run yet.

    For code that mostly needs none, such as the check of ordinary files.

    Raises:
        LeftToParent: after `leave_tensorflow_to_parent`.
    """
    if _left_to_parent.is_set():
        raise LeftToParent
    if "tensorflow" in sys.modules and not _starting.locked():
        return
    with _starting:
        start_tensorflow(Reporter(quiet=True), needs_backend=False, needs_keras=False)


def leave_tensorflow_to_parent() -> None:
    """Let this process, a helper of another one, never start TensorFlow."""
    _left_to_parent.set()


def _choose_backend(runtime: RuntimeConfig) -> None:
    """Let Keras start on the recipe's backend.

    Raises:
        ConfigError: if it cannot.
    """
    if "keras" in sys.modules:
        import keras

        running = keras.config.backend()
        if running != runtime.backend:
            raise ConfigError(
                f"`runtime.backend` = {runtime.backend!r}, but Keras runs on "
                f"{running!r} in this process already and cannot change. "
                "Run this recipe in a new process."
            )
        return
    if runtime.backend == "jax":
        if importlib.util.find_spec("jax") is None:
            raise ConfigError(JAX_MISSING)
        _prepare_jax(runtime)
    os.environ["KERAS_BACKEND"] = runtime.backend


def _prepare_jax(runtime: RuntimeConfig) -> None:
    """Set what JAX reads from the environment, once, when it starts."""
    # The size of XLA's thread pool has no other switch.
    os.environ["NPROC"] = str(runtime.threads or own_cores())
    flags = os.environ.get("XLA_FLAGS", "")
    if runtime.deterministic and DETERMINISTIC_GPU not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {DETERMINISTIC_GPU}".strip()


def _tune_allocator(runtime: RuntimeConfig) -> tuple[str, ...]:
    if runtime.malloc == "auto" and processor.tune_allocator():
        return ("allocator tuned",)
    return ()


def _start(reporter: Reporter, runtime: RuntimeConfig, needs_keras: bool) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    hidden = set(NOT_NEEDED if os.environ.get(OWN_PROCESS) else ())
    if not needs_keras and os.environ.get(OWN_PROCESS):
        hidden.add("keras")
    hidden.discard(os.environ.get("KERAS_BACKEND", ""))
    with (
        reporter.stage("start TensorFlow"),
        native_stderr_aside(),
        without(hidden),
        collection_paused(),
    ):
        if needs_keras:
            import keras
        import tensorflow as tf

        if needs_keras and keras.config.backend() != "tensorflow":
            _hide_gpus(tf)
        _set_threads(reporter, tf, runtime)
        if team().size == 1:  # several workers form their cluster before
            tf.config.list_logical_devices()
    if os.environ.get(OWN_PROCESS):
        set_messages_aside()


def _hide_gpus(tf: Any) -> None:
    """Let TensorFlow only feed another backend, which needs the GPU's memory."""
    with suppress(RuntimeError):  # it runs already, and holds what it holds
        tf.config.set_visible_devices([], "GPU")


def _set_threads(reporter: Reporter, tf: Any, runtime: RuntimeConfig) -> None:
    """Give operations every usable core; report it if TensorFlow runs on others."""
    threads = runtime.threads or own_cores()
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        # With a single one an operation that waits for another would block the input.
        tf.config.threading.set_inter_op_parallelism_threads(max(2, threads))
    except RuntimeError:
        running = running_threads(tf)
        if runtime.threads not in (0, running):
            reporter.say(
                f"TensorFlow runs on {running} thread(s) already: `runtime.threads` = "
                f"{runtime.threads} takes effect in a new process."
            )


def own_cores() -> int:
    """Return the cores for this process, of which workers of one machine share all."""
    cluster = team().cluster
    workers = cluster.local_size if cluster else 1
    return max(1, processor.usable_cores() // workers)


def running_threads(tf: Any) -> int:
    """Return the threads that TensorFlow gives to one operation."""
    set_before = tf.config.threading.get_intra_op_parallelism_threads()
    return int(set_before or processor.allowed_cores())


@contextmanager
def without(names: Collection[str]) -> Iterator[None]:
    """Let imports of packages fail that are not imported yet, as if they were missing.

    Args:
        names: of the packages; afterwards they can be imported as before.
    """
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


@contextmanager
def native_stderr_aside() -> Iterator[None]:
    """Keep what native code writes to stderr from the terminal, unless it fails."""
    if threading.current_thread() is not threading.main_thread():
        if not os.environ.get(OWN_PROCESS):  # other threads may be writing
            yield
            return
    with tempfile.TemporaryFile() as aside:
        sys.stderr.flush()
        terminal = os.dup(2)
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except Exception:
            os.dup2(terminal, 2)
            aside.seek(0)
            os.write(2, aside.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
