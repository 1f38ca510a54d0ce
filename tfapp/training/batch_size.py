"""The largest batch whose training step fits into memory, found by such steps."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from tfapp.machine.space import available_memory
from tfapp.training.job import TrainingJob
from tfapp.training.loop.epochs import Epochs
from tfapp.training.phase import PhasePlan, RunSetup, epochs_of
from tfapp.training.rate_finder import restored
from tfapp.training.transfer import freezing
from tfapp.training.trees import filled

SMALLEST = 8
"""First size tried."""
MARGIN = 0.25
"""Share of the memory that is left free."""
LEAST_STEPS = 20
"""Of an epoch: larger batches learn too little in it."""
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Meter(Protocol):
    """Measures how much memory a step takes."""

    def reset(self) -> None:
        """Begin to measure."""

    def peak(self) -> int:
        """Return the most bytes that were in use since `reset`."""


class GPUMeter:
    """The memory of the first GPU, as TensorFlow counts it."""

    def reset(self) -> None:
        """Begin to measure."""
        tf.config.experimental.reset_memory_stats("GPU:0")

    def peak(self) -> int:
        """Return the most bytes that were in use since `reset`."""
        return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])


class ProcessMeter:
    """The resident memory of this process, as Linux counts it."""

    def reset(self) -> None:
        """Begin to measure."""
        CLEAR.write_text("5", encoding="ascii")

    def peak(self) -> int:
        """Return the most bytes that were in use since `reset`."""
        lines = STATUS.read_text(encoding="ascii").splitlines()
        (line,) = (line for line in lines if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024


@dataclass(frozen=True)
class BatchChoice:
    """A measured batch size.

    Args:
        size: examples.
        peak_bytes: that a step of it takes, the network included.
        reason: what kept it from being larger, in a few words.
    """

    size: int
    peak_bytes: int
    reason: str


def largest_batch(
    step: Callable[[int], None], meter: Meter, budget: int, most: int
) -> BatchChoice:
    """Take steps of doubling size while the next one is sure to fit.

    Args:
        step: trains on so many examples.
        meter: measures its memory.
        budget: bytes that steps may take together with what is in use now.
        most: largest size.

    Raises:
        tf.errors.ResourceExhaustedError: if not even the first size fits.
    """
    size = min(SMALLEST, most)
    before, chosen = 0, None
    while True:
        meter.reset()
        try:
            step(size)
        except tf.errors.ResourceExhaustedError:
            if chosen is None:
                raise
            return BatchChoice(chosen.size, chosen.peak_bytes, "twice did not fit")
        peak = meter.peak()
        # A step of twice the size takes what twice as many examples add.
        needed = peak + 2 * (peak - before) if before else peak
        chosen = BatchChoice(size, peak, f"an epoch has {LEAST_STEPS} steps or more")
        if 2 * size > most:
            return chosen
        if needed > budget:
            return BatchChoice(size, peak, f"{1 - MARGIN:.0%} of the memory is taken")
        before, size = peak, 2 * size


def measured_batch(job: TrainingJob, jit_compile: bool) -> BatchChoice:
    """Return the largest batch for a job; its network is as before afterwards.

    Of transfer learning the step of the thawed layers counts, or, without that phase,
    one through the frozen extractor.

    Args:
        job: its dataset has batches of any size.
        jit_compile: whether XLA compiles the steps.
    """
    count = job.dataset.count(job.dataset.examples["train"], True)
    most = largest_power(max(count // LEAST_STEPS, 1))
    _freeze(job)
    workload = _workload(job, jit_compile)
    batch = next(iter(job.passes()(0)))
    meter, budget = _meter()
    with restored(workload):
        return largest_batch(
            lambda size: _step(workload, batch, size), meter, budget, most
        )


def largest_power(count: int) -> int:
    """Return the largest power of two that is not above a number from 1."""
    return 1 << (count.bit_length() - 1)


def _freeze(job: TrainingJob) -> None:
    tune = job.recipe.fine_tune
    if tune is None:
        return
    extractor, _ = freezing.parts(job.model)
    freezing.freeze(extractor)
    if tune.thaw is not None:
        freezing.thaw(extractor, tune.thaw.from_layer)


def _workload(job: TrainingJob, jit_compile: bool) -> Epochs:
    setup = RunSetup(
        job.task,
        job.dataset.info,
        job.recipe.training,
        job.recipe.runtime,
        jit_compile,
    )
    return epochs_of(job.whole(PhasePlan("batch size", 1, 1e-9)), setup)


def _step(workload: Epochs, batch: Any, size: int) -> None:
    """Train on a batch that is made larger, or smaller, by the same examples."""
    inputs = tf.nest.map_structure(lambda part: part[:size], batch)
    whole = filled(inputs, size)
    if keras.backend.backend() == "jax":
        whole = tf.nest.map_structure(np.asarray, whole)
    workload.stepper.step([whole], [1e-9])


def _meter() -> tuple[Meter, int]:
    """Return what measures the device in use, and how much may be taken of it."""
    if not tf.config.list_logical_devices("GPU"):
        meter = ProcessMeter()
        meter.reset()
        return meter, int((1.0 - MARGIN) * available_memory()) + meter.peak()
    from tensorflow.python.client import device_lib

    limits = [d.memory_limit for d in device_lib.list_local_devices()]
    return GPUMeter(), int((1.0 - MARGIN) * max(limits))
