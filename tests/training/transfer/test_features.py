"""Rows of a frozen part: computed once, resumed, and never another's."""

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.training.conftest import make_dataset, make_model
from tfapp.data.rows import Rows, store
from tfapp.data.spec import Pass
from tfapp.layers.standardization import Standardization
from tfapp.training.transfer import cutting, freezing
from tfapp.training.transfer.features import FeatureStore, standardize

NOISE = {"noise": 5}


class Counter:
    """Counts the images that a dataset's batches hand out."""

    def __init__(self, dataset):
        self.images = 0
        self.stop_after = None
        original = dataset.batches

        def batches(*args, **kwargs):
            return CountedBatches(original(*args, **kwargs), self)

        object.__setattr__(dataset, "batches", batches)


class CountedBatches:
    """Batches that count themselves, and stop with Ctrl-C where asked."""

    def __init__(self, batches, counter):
        self.batches, self.counter = batches, counter

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        for images, labels in self.batches:
            stop = self.counter.stop_after
            if stop is not None and self.counter.images >= stop:
                raise KeyboardInterrupt
            self.counter.images += len(images)
            yield images, labels


@pytest.fixture
def noisy():
    """A dataset with augmentation."""
    return make_dataset(augmentation=NOISE)


def frozen(model=None):
    """Return the frozen extractor of a tiny model."""
    extractor = (model or make_model()).get_layer("extractor")
    freezing.freeze(extractor)
    return extractor


def make_store(folder, dataset, part=None, **options):
    """Return a store and the list of what it told about its progress."""
    told = []

    def progress(done, total):
        told.append((done, total))

    part = frozen() if part is None else part
    return FeatureStore(part, dataset, folder, progress, **options), told


def expected(part, batches):
    """Return what the part itself gives, batch by batch."""
    return np.concatenate([part(images) for images, _ in batches])


def test_plain_rows_are_what_the_part_computes(tmp_path, dataset):
    """In the order of the examples, with progress told."""
    part = frozen()
    features, told = make_store(tmp_path, dataset, part)
    for split in ("train", "validation"):
        rows = features.plain(split)
        batches = dataset.batches(dataset.examples[split], Pass())
        np.testing.assert_allclose(rows, expected(part, batches), atol=1e-6)
    assert told[:2] == [(4, 24), (8, 24)]
    assert features.computed == 36


def test_views_are_augmented_passes(tmp_path, noisy):
    """View k is the pass of epoch k, in the order of the examples."""
    part = frozen()
    features, _ = make_store(tmp_path, noisy, part)
    for number in (1, 2):
        rows = features.view("train", number, seed=3)
        batches = noisy.batches(
            noisy.examples["train"], Pass(seed=3, epoch=number, augment=True)
        )
        np.testing.assert_allclose(rows, expected(part, batches), atol=1e-6)


def test_nothing_is_computed_twice(tmp_path, noisy):
    """Another store of the same part finds all rows."""
    for computed in (72, 0):
        features, _ = make_store(tmp_path, noisy)
        features.plain("train")
        features.view("train", 1, 0)
        features.view("train", 1, 1)
        assert features.computed == computed


def test_another_subset_computes_what_it_lacks(tmp_path):
    """Plain rows are found by content, whatever the order and the split."""
    features, _ = make_store(tmp_path, make_dataset(train=10))
    features.plain("train")
    more, _ = make_store(tmp_path, make_dataset(train=24))
    rows = more.plain("train")
    assert (features.computed, more.computed) == (10, 14)
    dataset = make_dataset(train=10)
    np.testing.assert_allclose(
        rows[:10],
        expected(frozen(), dataset.batches(dataset.examples["train"], Pass())),
        atol=1e-6,
    )


@pytest.mark.parametrize("what", ["plain", "view"])
def test_interrupted_extraction_goes_on(tmp_path, what):
    """After Ctrl-C only the rest is computed, and the rows are the same."""

    def ask(features):
        return (
            features.plain("train") if what == "plain" else features.view("train", 1, 0)
        )

    whole = ask(make_store(tmp_path / "whole", make_dataset(augmentation=NOISE))[0])
    dataset = make_dataset(augmentation=NOISE)
    counter = Counter(dataset)
    counter.stop_after = 12
    first, _ = make_store(tmp_path / "cut", dataset)
    with pytest.raises(KeyboardInterrupt):
        ask(first)
    counter.stop_after, counter.images = None, 0
    second, told = make_store(tmp_path / "cut", dataset)
    np.testing.assert_array_equal(ask(second), whole)
    assert second.computed == 12
    assert told[-1] == (12, 12)
    assert counter.images <= 12


@pytest.mark.slow
def test_damaged_row_is_computed_anew(tmp_path, noisy):
    """A flipped byte costs its shard, not the run."""
    first, _ = make_store(tmp_path, noisy)
    whole = first.view("train", 1, 0)
    (path,) = tmp_path.rglob("*.rows")
    content = bytearray(path.read_bytes())
    content[5] ^= 0xFF
    path.write_bytes(content)
    again, _ = make_store(tmp_path, noisy)
    np.testing.assert_array_equal(again.view("train", 1, 0), whole)
    assert again.computed == 24


def test_large_rows_stay_on_disk(tmp_path, dataset):
    """Beyond the memory allowed, rows are read when asked for."""
    small, _ = make_store(tmp_path, dataset, memory_bytes=24 * 4 * 4)
    assert isinstance(small.plain("train"), np.ndarray)
    rows = small.plain("validation")
    assert isinstance(rows, Rows)
    large, _ = make_store(tmp_path, dataset)
    np.testing.assert_array_equal(rows[:], large.plain("validation"))


def reweighted(model):
    """Change one weight."""
    kernel = model.get_layer("extractor").get_layer("backbone").layers[1].kernel
    kernel.assign(kernel * 1.5)
    return frozen(model)


def cut_lower(model):
    """Only a part of the extractor."""
    freezing.thaw(model.get_layer("extractor"), "block2_conv")
    return cutting.cut(model).lower


def rewired(model):
    """The same layers, another connection between them."""
    extractor = frozen(model)
    pooled = extractor.output
    return keras.Model(extractor.input, keras.layers.Add()([pooled, pooled]))


@pytest.mark.parametrize("change", [reweighted, cut_lower, rewired])
def test_other_parts_find_nothing(tmp_path, dataset, change):
    """Rows of one network are never taken for another's."""
    make_store(tmp_path, dataset)[0].plain("train")
    other, _ = make_store(tmp_path, dataset, change(make_model()))
    other.plain("train")
    assert other.computed == 24


def test_what_decides_an_augmented_row(tmp_path):
    """Another augmentation, seed, number, order or set is another view."""
    for change, images, seed, number in [
        (NOISE, 24, 0, 1),
        ({"noise": 6}, 24, 0, 1),
        (NOISE, 12, 0, 1),
        (NOISE, 24, 1, 1),
        (NOISE, 24, 0, 2),
    ]:
        dataset = make_dataset(train=images, augmentation=change)
        features, _ = make_store(tmp_path, dataset)
        features.view("train", number, seed)
        assert features.computed == images


@pytest.mark.slow
def test_cut_network_under_bfloat16(tmp_path, dataset):
    """Stored maps have the precision of the network; feature vectors are float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = make_model()
        features, _ = make_store(tmp_path, dataset, cut_lower(model))
        rows = features.plain("train")
        direct = expected(
            features.part, dataset.batches(dataset.examples["train"], Pass())
        )
    finally:
        keras.config.set_dtype_policy(before)
    assert rows.dtype == "bfloat16"
    assert rows.shape == (24, 8, 8, 4)
    np.testing.assert_allclose(
        rows.astype("float32"), direct.astype("float32"), atol=0.05
    )


def test_standardize(tmp_path, monkeypatch):
    """The head's scaling is that of the rows, in memory or on disk."""
    rows = np.random.default_rng(0).normal(3, 2, (50, 4)).astype("float32")
    monkeypatch.setattr("tfapp.training.transfer.features.CHUNK_ROWS", 7)
    inputs = keras.Input((4,))
    for given in (rows, on_disk(rows, tmp_path)):
        head = keras.Model(inputs, Standardization(prior=0.0)(inputs))
        standardize(head, given)
        np.testing.assert_allclose(head(rows).numpy().mean(0), 0, atol=1e-5)
        np.testing.assert_allclose(head(rows).numpy().std(0), 1, atol=1e-5)


def on_disk(rows, folder):
    """Return the same rows, read when needed."""
    found = store.RowStore(folder)
    keys = [str(i) for i in range(len(rows))]
    with found.writer(rows.shape[1:], rows.dtype) as add:
        for key, row in zip(keys, rows, strict=True):
            add(key, row)
    return found.rows(keys)


MIRRORED = """
import json, sys
sys.path.insert(0, sys.argv[2])
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
from conftest import make_dataset, make_model
from pathlib import Path
from tfapp.training.transfer import freezing
from tfapp.training.transfer.features import FeatureStore
found = []
for strategy in (tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]), None):
    with (strategy or tf.distribute.get_strategy()).scope():
        extractor = make_model().get_layer("extractor")
        freezing.freeze(extractor)
        folder = Path(sys.argv[1]) / str(strategy is None)
        rows = FeatureStore(extractor, make_dataset(), folder, print).plain("train")
    found.append(rows)
print(json.dumps([found[0].shape, float(abs(found[0] - found[1]).max())]))
"""


@pytest.mark.slow
def test_every_image_once_under_a_mirrored_strategy(in_fresh_process, tmp_path):
    """Two replicas share the images, and each image has one row."""
    shape, difference = in_fresh_process(MIRRORED, tmp_path, Path(__file__).parents[1])
    assert shape == [24, 4]
    assert difference < 1e-6


ON_JAX = """
import json, sys
sys.path.insert(0, sys.argv[2])
import numpy as np
from conftest import make_dataset, make_model
from pathlib import Path
from tfapp.data.spec import Pass
from tfapp.training.transfer import cutting, freezing
from tfapp.training.transfer.features import FeatureStore
model = make_model()
extractor, head = freezing.parts(model)
head.get_layer("logits").kernel.assign(np.ones((4, 2), "float32"))
freezing.thaw(extractor, "block2_conv")
halves = cutting.cut(model)
dataset = make_dataset(train=10)
rows = FeatureStore(halves.lower, dataset, Path(sys.argv[1]), print).plain("train")
batches = dataset.batches(dataset.examples["train"], Pass())
images = np.concatenate([x.numpy() for x, _ in batches])
difference = float(abs(halves.upper.predict(rows) - model.predict(images)).max())
print(json.dumps([rows.shape, difference]))
"""


@pytest.mark.slow
def test_stored_rows_on_jax(in_fresh_process, tmp_path):
    """Cutting, folding and storing know no backend."""
    pytest.importorskip("jax")
    folder = Path(__file__).parents[1]
    shape, difference = in_fresh_process(ON_JAX, tmp_path, folder, KERAS_BACKEND="jax")
    assert shape == [10, 8, 8, 4]
    assert difference < 1e-5
