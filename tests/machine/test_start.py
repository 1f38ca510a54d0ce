"""TensorFlow starts quietly, and as the recipe wants it."""

import importlib
import subprocess
import sys

import keras
import pytest

from tfapp.base.errors import ConfigError
from tfapp.base.reporter import Reporter
from tfapp.machine import start
from tfapp.recipes.config import RuntimeConfig

THREADS = """
import json, os, sys
from tfapp.recipes.config import RuntimeConfig
from tfapp.base.errors import ConfigError
from tfapp.base.reporter import Reporter
from tfapp.machine.start import running_threads, start_tensorflow

lines, reporter = [], Reporter(quiet=True)
reporter.say = lines.append
start_tensorflow(reporter, RuntimeConfig(backend=sys.argv[1], threads=1))
import keras, tensorflow as tf
threads = running_threads(tf)
start_tensorflow(reporter, RuntimeConfig(backend=sys.argv[1], threads=3))
start_tensorflow(reporter, RuntimeConfig(backend=sys.argv[1]))
start_tensorflow(reporter)
print(json.dumps([keras.config.backend(), threads, lines[-1]]))
"""


@pytest.mark.slow
def test_nothing_reaches_stderr_while_tensorflow_starts():
    """Neither Python's nor native code's start-up notices are shown."""
    code = (
        "from tfapp.base.reporter import Reporter;"
        "from tfapp.machine.start import start_tensorflow;"
        "start_tensorflow(Reporter(quiet=True)); import sys;"
        "assert 'tensorflow' in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


def test_packages_are_missing_for_a_while_only():
    """An import fails inside the block, works after it, and what is here stays."""
    with start.without(["zipapp", "json"]):
        with pytest.raises(ImportError):
            importlib.import_module("zipapp")
        assert importlib.import_module("json")
    assert importlib.import_module("zipapp").create_archive


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_backend_and_threads_are_the_recipes(backend, in_fresh_process):
    """What runs already stays, and a recipe that wants it otherwise is told."""
    if backend == "jax":
        pytest.importorskip("jax")
    found, threads, line = in_fresh_process(THREADS, backend)
    assert found == backend
    assert threads == 1
    assert line == (
        "TensorFlow runs on 1 thread(s) already: `runtime.threads` = 3 takes effect "
        "in a new process."
    )


def test_another_backend_needs_a_new_process():
    """Keras cannot change it; the error says what to do."""
    other = "jax" if keras.config.backend() == "tensorflow" else "tensorflow"
    with pytest.raises(ConfigError, match="already and cannot change. Run this recipe"):
        start.start_tensorflow(Reporter(quiet=True), RuntimeConfig(backend=other))


def test_jax_has_to_be_installed(monkeypatch):
    """The error says how."""
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'tfapp\[jax\]'"):
        start.start_tensorflow(Reporter(quiet=True), RuntimeConfig(backend="jax"))


def test_jax_reads_its_settings_from_the_environment(monkeypatch):
    """Threads, and determinism on GPUs, beside the flags that the user has set."""
    monkeypatch.setenv("XLA_FLAGS", "--own")
    monkeypatch.setenv("NPROC", "")
    start._prepare_jax(RuntimeConfig(backend="jax", threads=3, deterministic=True))
    assert start.os.environ["NPROC"] == "3"
    assert start.os.environ["XLA_FLAGS"] == f"--own {start.DETERMINISTIC_GPU}"


def test_the_allocator_is_tuned_unless_the_recipe_says_no(monkeypatch):
    """What was done is told, for the line that announces a run."""
    calls = []
    monkeypatch.setattr(
        start.processor, "tune_allocator", lambda: calls.append(1) is None
    )
    quiet = Reporter(quiet=True)
    assert start.start_tensorflow(quiet, RuntimeConfig()) == ("allocator tuned",)
    assert start.start_tensorflow(quiet, RuntimeConfig(malloc="default")) == ()
    assert len(calls) == 1
