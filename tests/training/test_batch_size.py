"""Batch sizes that are measured."""

import mmap

import pytest
import tensorflow as tf

from tfapp import recipes
from tfapp.base.errors import ConfigError
from tfapp.base.reporter import Reporter
from tfapp.training.batch_size import (
    ProcessMeter,
    largest_batch,
    largest_power,
)


class Memory:
    """A device on which a step takes 100 bytes, and 10 for each example.

    Args:
        size: bytes in all; a step that needs more fails.
    """

    def __init__(self, size=10**9):
        self.size, self.used, self.steps = size, 0, []

    def step(self, count):
        """Train on some examples."""
        self.steps.append(count)
        self.used = 100 + 10 * count
        if self.used > self.size:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM")

    def reset(self):
        """Begin to measure."""
        self.used = 0

    def peak(self):
        """Return the bytes of the last step."""
        return self.used


@pytest.mark.parametrize(
    ("budget", "size"), [(100 + 640, 64), (100 + 639, 32), (5000, 256), (100, 8)]
)
def test_largest_size_within_the_budget(budget, size):
    """The step after it would take more; nothing larger than it is ever tried."""
    memory = Memory()
    choice = largest_batch(memory.step, memory, budget, most=256)
    assert choice.size == size == memory.steps[-1]
    assert choice.peak_bytes == 100 + 10 * size


def test_full_memory_is_survived():
    """Where counting is wrong, the last size that worked is taken."""
    memory = Memory(size=500)
    choice = largest_batch(memory.step, memory, 10**9, most=256)
    assert (choice.size, choice.reason) == (32, "twice did not fit")
    with pytest.raises(tf.errors.ResourceExhaustedError):
        largest_batch(Memory(size=100).step, memory, 10**9, most=256)


def test_small_sets_have_small_batches():
    """An epoch keeps its steps; powers of two are rounded down."""
    memory = Memory()
    assert largest_batch(memory.step, memory, 10**9, most=4).size == 4
    assert [largest_power(n) for n in (1, 2, 3, 31, 32)] == [1, 2, 2, 16, 32]


def test_memory_of_the_process():
    """What was in use and is no more still counts until the meter is reset."""
    meter = ProcessMeter()
    meter.reset()
    before = meter.peak()
    with mmap.mmap(-1, 64_000_000) as block:  # goes back to the system when it closes
        # No bytes of that size are made: an allocator that is tuned would keep them.
        for place in range(0, len(block), mmap.PAGESIZE):
            block[place] = 1
    assert meter.peak() >= before + 60_000_000
    meter.reset()
    assert meter.peak() < before + 60_000_000


def test_auto_is_a_size_in_recipes():
    """The word "auto" is 0, which a recipe that is written down reads back."""
    recipe = recipes.load_recipe("digits", ["data.batch_size=auto"])
    assert recipe.data.batch_size == 0
    again = recipes.build(recipes.plain(recipe), "test")
    assert again.data.batch_size == 0
    with pytest.raises(ConfigError, match="batch_size"):
        recipes.load_recipe("digits", ["data.batch_size=many"])


@pytest.mark.nightly
def test_run_measures_and_records_its_batch_size(tmp_path, quick):
    """The size chosen stands in the run's recipe, so a resumed run has it too."""
    from tfapp.verbs.run import run

    result = run(
        "digits",
        [*quick, "data.batch_size=auto", "training.epochs=1"],
        runs_folder=tmp_path / "runs",
        saved_models=tmp_path / "saved_models",
        reporter=Reporter(quiet=True),
    )
    recorded = recipes.load_recipe(str(result.folder / "recipe.toml"))
    assert recorded.data.batch_size == 8  # 200 examples: 20 steps are 10 each
    notes = (result.folder / "metrics.json").read_text()
    assert "batch size 8" in notes
