"""The input pipeline."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfapp.base.errors import DataError
from tfapp.data.reading_errors import data_error
from tfapp.data.spec import DataInfo, Dataset, Example
from tfapp.domains.images.augmentation.config import ImageAugmentation
from tfapp.domains.images.batching import ImageBatches, stored_bytes
from tfapp.domains.images.preprocessor import ImagePreprocess
from tfapp.domains.images.reading.pixel_store import StorePlan

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
            augmentation=ImageAugmentation(**augmentation),
            plan=StorePlan(kind, ""),
            cache_dir=tmp_path / "cache",
            encoded=encoded or {},
        )

    return make


def collect(dataset):
    """Return all images and labels of one pass."""
    images, labels = zip(*dataset, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def run(batches, examples, shuffle=False, augment=False, seed=0, **keys):
    """Return one pass."""
    keys = {"shuffle": shuffle, "augment": augment, "seed": seed} | keys
    return collect(batches(examples, **keys))


def kept(batches):
    """Return the lists of examples whose pixels are kept."""
    return {p.examples for p in batches.prepared if p.kept}


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
    assert len(kept(batches)) == (kind != "none")


def test_files_and_memory_sources_agree(files, make_batches):
    """Encoded images in memory take the same path as files."""
    encoded = {e.path: tf.io.read_file(e.path).numpy() for e in files}
    for example in files:
        tf.io.gfile.remove(example.path)
    images, _ = run(make_batches(encoded=encoded), files)
    np.testing.assert_array_equal(images, [PREPROCESS(d) for d in encoded.values()])


def test_shuffling(files, make_batches):
    """A new order every epoch, the same for the same seed and epoch."""
    dataset = make_batches()(files, shuffle=True, augment=False, seed=3)
    first = collect(dataset)
    np.testing.assert_array_equal(collect(dataset)[0], first[0])
    plain = run(make_batches(), files)[0]
    order = np.random.default_rng([3, 0]).permutation(23)
    np.testing.assert_array_equal(first[0], plain[order])
    for other in ({"seed": 4}, {"seed": 3, "epoch": 1}):
        images = run(make_batches(), files, shuffle=True, **other)[0]
        assert not np.array_equal(images, first[0])
        assert sorted(images.sum((1, 2, 3))) == sorted(plain.sum((1, 2, 3)))


CHANGES = {
    "memory": {"flip": "both", "zoom": 0.2, "contrast": 0.1, "brightness": 0.1},
    "disk": {"flip": "vertical", "rotate": 0.1},
    "none": {"erase": 0.5, "mixup": 0.3},
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_pass_taken_up_in_the_middle(files, make_batches, kind):
    """What is left of a pass is the same to the bit, from a pipeline made anew."""
    keys = {"shuffle": True, "augment": True, "seed": 5, "epoch": 2}
    whole = list(make_batches(kind, **CHANGES[kind])(files, **keys))
    again = make_batches(kind, **CHANGES[kind])
    for skip in (0, 1, 4, 5):
        rest = again(files, **keys, skip=skip)
        assert rest.cardinality() == 5 - skip
        for found, expected in zip(rest, whole[skip:], strict=True):
            np.testing.assert_array_equal(found[0], expected[0])
            np.testing.assert_array_equal(found[1], expected[1])


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
    """Two augmented passes of one seed and epoch are identical; others differ."""
    batches = make_batches(flip="horizontal", zoom=0.2)
    first = run(batches, files, augment=True, seed=7)[0]
    np.testing.assert_array_equal(run(batches, files, augment=True, seed=7)[0], first)
    for other in ({"seed": 8}, {"seed": 7, "epoch": 1}):
        assert not np.array_equal(run(batches, files, augment=True, **other)[0], first)


def test_batches_of_a_pass_are_changed_differently(files, make_batches):
    """Every batch has random numbers of its own."""
    same = (files[0],) * 20
    images = run(make_batches(rotate=0.3), same, augment=True)[0].reshape(20, -1)
    assert len(np.unique(images, axis=0)) == 20


def test_later_passes_trace_nothing_again(files, make_batches):
    """Keras' layers are traced once, paths and labels are prepared once."""
    batches = make_batches("none", erase=0.5)
    for epoch in range(3):
        batches(tuple(files), shuffle=True, augment=True, seed=0, epoch=epoch)
    assert batches._change.experimental_get_tracing_count() == 1
    assert len(batches.prepared) == 1


def test_few_of_the_lists_that_pass_by_stay_prepared(files, make_batches):
    """Single passes over ever new examples do not pile up; kept ones stay."""
    batches = make_batches()
    batches(files, shuffle=True, augment=False, seed=0)
    for end in range(1, 10):
        batches(files[:end], shuffle=False, augment=False, seed=0)
    assert kept(batches) == {files}
    assert len(batches.prepared) == 5


def test_what_is_kept(files, make_batches):
    """Single passes keep nothing; repeated ones and validation do, and share."""
    batches = make_batches()
    run(batches, files)
    assert not kept(batches)
    held = tuple(Example(e.path, e.label, "validation") for e in files[:4])
    run(batches, held)
    run(batches, files, shuffle=True)
    run(batches, files, augment=True)
    assert kept(batches) == {held, files}


def test_a_vanished_file_is_named_mid_epoch(files, make_batches):
    """A streaming pass that meets a missing file says which."""
    dataset = make_batches("none")(files, shuffle=True, augment=False, seed=0)
    tf.io.gfile.remove(files[11].path)
    with pytest.raises(tf.errors.NotFoundError, match="11.png"):
        collect(dataset)


def test_a_broken_image_mid_epoch(files, make_batches):
    """The decoder does not know the file; the helper finds it."""
    batches = make_batches("none")
    dataset = Dataset(
        info=DataInfo((8, 10, 3), NAMES, ""),
        examples={"train": files},
        preprocess=PREPROCESS,
        make_batches=batches,
        read=lambda example: Path(example.path).read_bytes(),
    )
    Path(files[7].path).write_bytes(b"GIF8 and no more")
    with pytest.raises(tf.errors.OpError) as caught:
        run(batches, files, shuffle=True)
    told = data_error(caught.value, dataset, files)
    assert isinstance(told, DataError)
    assert str(told).startswith(f"{files[7].path}: the image can no longer be read (")
    Path(files[7].path).unlink()
    with pytest.raises(tf.errors.OpError) as caught:
        run(batches, files, shuffle=True)
    assert str(data_error(caught.value, dataset, ())).startswith(f"{files[7].path}: ")
    other = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating [[x]]")
    assert data_error(other, dataset, files) is None


def test_no_examples(make_batches):
    """An empty split is an empty dataset of the right types."""
    dataset = make_batches()((), shuffle=True, augment=True, seed=0)
    assert list(dataset) == []
    assert dataset.element_spec[0].shape == (None, 8, 10, 3)


def test_under_a_mirrored_strategy(files, make_batches):
    """Pipelines built and distributed inside a strategy's scope work."""
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        batches = make_batches(rotate=0.1, erase=0.5)
        dataset = batches(files, shuffle=True, augment=True, seed=1)
    distributed = strategy.experimental_distribute_dataset(dataset)
    assert sum(len(images) for images, _ in distributed) == 23


def test_bytes_of_what_is_kept(files):
    """Train and validation count, test does not."""
    parts = {"train": files, "validation": files[:2], "test": files}
    assert stored_bytes(PREPROCESS, parts) == 25 * 8 * 10 * 3
