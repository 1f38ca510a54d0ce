"""Candidate ways to compute (precision, compilation), and the one that a run takes."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from tfapp.base.reporter import Reporter
from tfapp.data.spec import DataInfo
from tfapp.machine import processor
from tfapp.recipes.config import Recipe, RuntimeConfig
from tfapp.tasks.spec import Task
from tfapp.training import devices
from tfapp.training.speed.precision.chooser import Chooser
from tfapp.training.speed.precision.trial import Build
from tfapp.training.speed.precision.work import Candidate, PrecisionChoice, Work
from tfapp.training.trees import first_rows

MOST_INPUTS = 16


def choose_precision(
    recipe: Recipe,
    *,
    build: Build,
    sample: Callable[[], tuple[Any, Any]],
    num_inputs: int,
    steps: int,
    task: Task,
    info: DataInfo,
    cache_dir: Path,
    reporter: Reporter,
    replicas: int = 1,
) -> PrecisionChoice:
    """Choose dtype policy and compilation of a run; see docs/runtime.md.

    What is measured is the run's own work, on copies of its network: features by the
    folded extractor, or training steps with its optimizer. A precision below float32
    is used only if its first steps agree with float32's, also when the recipe names
    it. Choices are kept in `cache_dir`; a damaged file counts as absent.

    Whatever was measured, the process is left as it was, and everything random
    begins anew from the recipe's seed.

    Args:
        recipe: of the run.
        build: builds the run's network under the dtype policy that is current.
        sample: returns inputs and targets as the dataset has them, each an array or a
            dict of arrays, of which the first 16 examples are used; only called where
            there is a choice.
        num_inputs: inputs of which the frozen extractor's features are to be computed.
        steps: training steps on whole inputs, of every phase.
        task: its loss.
        info: facts of the data.
        cache_dir: folder of tfapp's caches.
        reporter: receives the progress of measuring, and a failed check.
        replicas: devices that share a batch.

    Returns:
        The choice, and the reason for it.
    """
    options, reason = candidates(recipe.runtime, replicas)
    if options == [Candidate("float32", options[0].jit_compile)]:
        choice = PrecisionChoice("float32", reason, options[0].jit_compile)
    else:
        inputs, targets = first_rows(sample(), MOST_INPUTS)
        work = Work(recipe, task, info, inputs, targets, num_inputs, steps)
        with _untouched():
            chooser = Chooser(work, build, options, cache_dir / "precision", reporter)
            choice = chooser.choose(reason)
    keras.utils.set_random_seed(recipe.seed)
    if choice.note:
        reporter.say(choice.note)
    return choice


def candidates(
    runtime: RuntimeConfig, replicas: int = 1
) -> tuple[list[Candidate], str]:
    """Return the candidate ways to compute, the plainest one first.

    Args:
        runtime: of the recipe.
        replicas: devices that share a batch.

    Returns:
        The ways, and a reason that holds if there is only one.
    """
    xla = use_xla(runtime, replicas)
    compiled = [False, True] if xla == "auto" else [bool(xla)]
    policies, reason = _policies(runtime)
    return [Candidate(p, jit) for p in policies for jit in compiled], reason


def use_xla(runtime: RuntimeConfig, replicas: int = 1) -> bool | str:
    """Say whether XLA compiles the training step; "auto" = to be measured.

    On a CPU it makes convolutions many times slower, and over several replicas it
    cannot draw random numbers, so there "auto" means no. JAX knows no other way.
    """
    if runtime.compile != "auto":
        return runtime.compile == "on"
    if keras.config.backend() == "jax":
        return True
    fixed = runtime.deterministic or replicas > 1 or not devices.gpus()
    return False if fixed else "auto"


def _policies(runtime: RuntimeConfig) -> tuple[list[str], str]:
    if runtime.precision != "auto":
        return [runtime.precision], "as the recipe says"
    if runtime.deterministic:
        return ["float32"], "deterministic: a measured choice could differ tomorrow"
    gpus = devices.gpus()
    if gpus:
        capability = min(gpu.capability for gpu in gpus)
        reduced = "mixed_bfloat16" if capability >= 8 else "mixed_float16"
        return (["float32", reduced] if capability >= 7 else ["float32"]), "GPU"
    if keras.config.backend() == "jax":  # compiling alone takes longer than most runs
        return ["float32"], "not measured with JAX on a CPU"
    if not processor.bfloat16_unit():
        return ["float32"], "this processor has nothing faster"
    return ["float32", "mixed_bfloat16"], ""


@contextmanager
def _untouched() -> Iterator[None]:
    """Give back the dtype policy, and the numbers in the names of coming layers."""
    from keras.src.backend.common import global_state

    policy = keras.config.dtype_policy()
    names = global_state.get_global_attribute("object_name_uids")
    counters = defaultdict(int, names or {})
    try:
        yield
    finally:
        global_state.set_global_attribute("object_name_uids", counters)
        keras.config.set_dtype_policy(policy)
