"""The input pipeline."""

import numpy as np
import pytest
import tensorflow as tf

from tfapp.config import AugmentationConfig
from tfapp.data.batching import ImageBatches, stored_bytes
from tfapp.data.pixel_store import StorePlan
from tfapp.data.preprocessing import ImagePreprocess
from tfapp.data.spec import Example

PREPROCESS = ImagePreprocess((8, 10))
NAMES = ("a", "b", "c")


@pytest.fixture
def files(tmp_path, picture, encode):
    """Return 23 examples whose files lie in a folder."""
    examples = []
    for i in range(23):
        path = tmp_path / f"{i:02d}.png"
        path.write_bytes(encode(picture(i)))
        examples.append(Example(str(path), NAMES[i % 3], "train", "", f"{i:064d}"))
    return tuple(examples)


@pytest.fixture
def make_batches(tmp_path):
    """Return a function: plan and augmentation to the pipeline's builder."""

    def make(kind="memory", encoded=None, **augmentation):
        return ImageBatches(
            PREPROCESS,
            NAMES,
            batch_size=5,
            augmentation=AugmentationConfig(**augmentation),
            plan=StorePlan(kind, ""),
            cache_dir=tmp_path / "cache",
            encoded=encoded or {},
        )

    return make


def collect(dataset):
    """Return all images and labels of one pass."""
    images, labels = zip(*dataset, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def run(batches, examples, shuffle=False, augment=False, seed=0):
    """Return one pass."""
    return collect(batches(examples, shuffle=shuffle, augment=augment, seed=seed))


def test_order_values_and_length(files, make_batches):
    """Unshuffled, the order is that of the examples; the last batch is smaller."""
    dataset = make_batches()(files, shuffle=False, augment=False, seed=0)
    assert dataset.cardinality() == 5
    images, labels = collect(dataset)
    assert images.dtype == labels.dtype == np.float32
    expected = [PREPROCESS(tf.io.read_file(e.path)) for e in files]
    np.testing.assert_array_equal(images, expected)
    np.testing.assert_array_equal(labels, np.eye(3)[np.arange(23) % 3])
    assert [len(x) for x, _ in dataset] == [5, 5, 5, 5, 3]


@pytest.mark.parametrize("kind", ["memory", "disk", "none"])
def test_every_store_gives_the_same_passes(files, make_batches, kind):
    """Shuffled and augmented passes do not depend on where images are kept."""
    batches = make_batches(kind, rotate=0.1)
    reference = make_batches("memory", rotate=0.1)
    for keys in ({"shuffle": True}, {"shuffle": True, "augment": True}, {}):
        found, expected = run(batches, files, **keys), run(reference, files, **keys)
        np.testing.assert_array_equal(found[0], expected[0])
        np.testing.assert_array_equal(found[1], expected[1])
    assert len(batches.stores) == (kind != "none")


def test_files_and_memory_sources_agree(files, make_batches):
    """Encoded images in memory take the same path as files."""
    encoded = {e.path: tf.io.read_file(e.path).numpy() for e in files}
    for example in files:
        tf.io.gfile.remove(example.path)
    images, _ = run(make_batches(encoded=encoded), files)
    np.testing.assert_array_equal(images, [PREPROCESS(d) for d in encoded.values()])


def test_shuffling(files, make_batches):
    """A new order every pass, the same sequence of orders for the same seed."""
    dataset = make_batches()(files, shuffle=True, augment=False, seed=3)
    first, second = collect(dataset), collect(dataset)
    plain = run(make_batches(), files)[0]
    assert not np.array_equal(first[0], second[0])
    for images, _ in (first, second):
        assert sorted(images.sum((1, 2, 3))) == sorted(plain.sum((1, 2, 3)))
    again = make_batches()(files, shuffle=True, augment=False, seed=3)
    np.testing.assert_array_equal(collect(again)[0], first[0])
    np.testing.assert_array_equal(collect(again)[0], second[0])
    assert not np.array_equal(
        run(make_batches(), files, shuffle=True, seed=4)[0], first[0]
    )


def test_images_and_labels_stay_together(files, make_batches):
    """After shuffling every image still has its own label."""
    plain, labels = run(make_batches(), files)
    by_sum = {
        image.sum(): tuple(label) for image, label in zip(plain, labels, strict=True)
    }
    shuffled = run(make_batches(), files, shuffle=True)
    for image, label in zip(*shuffled, strict=True):
        assert by_sum[image.sum()] == tuple(label)


def test_augmented_pass_repeats_to_the_bit(files, make_batches):
    """Two augmented passes of one seed are identical; another seed differs."""
    batches = make_batches(flip="horizontal", zoom=0.2)
    first = run(batches, files, augment=True, seed=7)[0]
    np.testing.assert_array_equal(run(batches, files, augment=True, seed=7)[0], first)
    assert not np.array_equal(run(batches, files, augment=True, seed=8)[0], first)


def test_what_is_kept(files, make_batches):
    """Single passes keep nothing; repeated ones and validation do, and share."""
    batches = make_batches()
    run(batches, files)
    assert not batches.stores
    held = tuple(Example(e.path, e.label, "validation") for e in files[:4])
    run(batches, held)
    run(batches, files, shuffle=True)
    run(batches, files, augment=True)
    assert set(batches.stores) == {held, files}


def test_a_vanished_file_is_named_mid_epoch(files, make_batches):
    """A streaming pass that meets a missing file says which."""
    dataset = make_batches("none")(files, shuffle=True, augment=False, seed=0)
    tf.io.gfile.remove(files[11].path)
    with pytest.raises(tf.errors.NotFoundError, match="11.png"):
        collect(dataset)


def test_no_examples(make_batches):
    """An empty split is an empty dataset of the right types."""
    dataset = make_batches()((), shuffle=True, augment=True, seed=0)
    assert list(dataset) == []
    assert dataset.element_spec[0].shape == (None, 8, 10, 3)


def test_under_a_mirrored_strategy(files, make_batches):
    """Pipelines built and distributed inside a strategy's scope work."""
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        batches = make_batches(rotate=0.1, rand_augment=1)
        dataset = batches(files, shuffle=True, augment=True, seed=1)
    distributed = strategy.experimental_distribute_dataset(dataset)
    assert sum(len(images) for images, _ in distributed) == 23


def test_bytes_of_what_is_kept(files):
    """Train and validation count, test does not."""
    parts = {"train": files, "validation": files[:2], "test": files}
    assert stored_bytes(PREPROCESS, parts) == 25 * 8 * 10 * 3
