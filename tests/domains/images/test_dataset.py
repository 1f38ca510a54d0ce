"""The input pipeline."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfapp.base.errors import ConfigError, DataError
from tfapp.data.listing import Source
from tfapp.data.reading_errors import data_error
from tfapp.data.service import InputServer, require_servers
from tfapp.data.spec import Pass
from tfapp.domains.images.augmentation.config import ImageAugmentation
from tfapp.domains.images.dataset import ImageDataset
from tfapp.domains.images.preprocessor import RAW_IMAGE, ImagePreprocessor
from tfapp.domains.images.reading.pixel_store import StorePlan, stored_bytes
from tfapp.domains.images.shapes import image_info
from tfapp.problems.classification.examples import labelled
from tfapp.training.passes import DataPasses
from tfapp.verbs.workers.launch import free_ports

PREPROCESSOR = ImagePreprocessor((8, 10))
NAMES = ("a", "b", "c")


@pytest.fixture
def files(tmp_path, picture, encode):
    """Return 23 examples whose files lie in a folder."""
    examples = []
    for i in range(23):
        path = tmp_path / f"{i:02d}.png"
        path.write_bytes(encode(picture(i)))
        example = labelled(str(path), NAMES[i % 3], "train")
        examples.append(replace(example, content_hash=f"{i:064d}"))
    return tuple(examples)


@pytest.fixture
def make_dataset(files, tmp_path):
    """Return a function: plan and augmentation to the data set of the files."""

    def make(kind="memory", encoded=None, **augmentation):
        return ImageDataset(
            image_info((8, 10, 3), NAMES),
            {"train": files, "validation": (), "test": ()},
            PREPROCESSOR,
            Source("files", None, files, NAMES, encoded or {}),
            batch_size=5,
            changes=ImageAugmentation(**augmentation),
            plan=StorePlan(kind, ""),
            cache_dir=tmp_path / "cache",
        )

    return make


def pixels_of(encoded):
    """Return the pixels of encoded images, preprocessed together."""
    return PREPROCESSOR({RAW_IMAGE: tf.stack(list(encoded))}).numpy()


def collect(dataset):
    """Return all images and labels of one pass."""
    images, labels = zip(*dataset, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def run(dataset, examples, **keys):
    """Return one pass."""
    return collect(dataset.batches(examples, Pass(**keys)))


def kept(dataset):
    """Return the lists of examples whose pixels are kept."""
    return {p.examples for p in dataset.prepared if p.in_cache}


@pytest.mark.slow
def test_order_values_and_length(files, make_dataset):
    """Unshuffled, the order is that of the examples; the last batch is smaller."""
    dataset = make_dataset().batches(files, Pass())
    assert dataset.cardinality() == 5
    images, labels = collect(dataset)
    assert images.dtype == labels.dtype == np.float32
    expected = pixels_of(tf.io.read_file(e.name) for e in files)
    np.testing.assert_array_equal(images, expected)
    np.testing.assert_array_equal(labels, np.eye(3)[np.arange(23) % 3])
    assert [len(x) for x, _ in dataset] == [5, 5, 5, 5, 3]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["memory", "disk", "none"])
def test_every_store_gives_the_same_passes(files, make_dataset, kind):
    """Shuffled and augmented passes do not depend on where images are kept."""
    batches = make_dataset(kind, rotate=0.1)
    reference = make_dataset("memory", rotate=0.1)
    for keys in ({"shuffle": True}, {"shuffle": True, "augment": True}, {}):
        found, expected = run(batches, files, **keys), run(reference, files, **keys)
        np.testing.assert_array_equal(found[0], expected[0])
        np.testing.assert_array_equal(found[1], expected[1])
    assert len(kept(batches)) == (kind != "none")


def test_files_and_memory_sources_agree(files, make_dataset):
    """Encoded images in memory take the same path as files."""
    encoded = {e.name: tf.io.read_file(e.name).numpy() for e in files}
    for example in files:
        tf.io.gfile.remove(example.name)
    images, _ = run(make_dataset(encoded=encoded), files)
    np.testing.assert_array_equal(images, pixels_of(encoded.values()))


def test_shuffling(files, make_dataset):
    """A new order every epoch, the same for the same seed and epoch."""
    dataset = make_dataset().batches(files, Pass(seed=3, shuffle=True))
    first = collect(dataset)
    np.testing.assert_array_equal(collect(dataset)[0], first[0])
    plain = run(make_dataset(), files)[0]
    order = np.random.default_rng([3, 0]).permutation(23)
    np.testing.assert_array_equal(first[0], plain[order])
    for other in ({"seed": 4}, {"seed": 3, "epoch": 1}):
        images = run(make_dataset(), files, shuffle=True, **other)[0]
        assert not np.array_equal(images, first[0])
        assert sorted(images.sum((1, 2, 3))) == sorted(plain.sum((1, 2, 3)))


CHANGES = {
    "memory": {"flip": "both", "zoom": 0.2, "contrast": 0.1, "brightness": 0.1},
    "disk": {"flip": "vertical", "rotate": 0.1},
    "none": {"erase": 0.5, "mixup": 0.3},
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", CHANGES)
def test_a_pass_taken_up_in_the_middle(files, make_dataset, kind):
    """What is left of a pass is the same to the bit, from a pipeline made anew."""
    keys = {"shuffle": True, "augment": True, "seed": 5, "epoch": 2}
    whole = list(make_dataset(kind, **CHANGES[kind]).batches(files, Pass(**keys)))
    again = make_dataset(kind, **CHANGES[kind])
    for skip in (0, 1, 4, 5):
        rest = again.batches(files, Pass(**keys, skip=skip))
        assert rest.cardinality() == 5 - skip
        for found, expected in zip(rest, whole[skip:], strict=True):
            np.testing.assert_array_equal(found[0], expected[0])
            np.testing.assert_array_equal(found[1], expected[1])


def test_images_and_labels_stay_together(files, make_dataset):
    """After shuffling every image still has its own label."""
    plain, labels = run(make_dataset(), files)
    by_sum = {
        image.sum(): tuple(label) for image, label in zip(plain, labels, strict=True)
    }
    shuffled = run(make_dataset(), files, shuffle=True)
    for image, label in zip(*shuffled, strict=True):
        assert by_sum[image.sum()] == tuple(label)


def test_augmented_pass_repeats_to_the_bit(files, make_dataset):
    """Two augmented passes of one seed and epoch are identical; others differ."""
    batches = make_dataset(flip="horizontal", zoom=0.2)
    first = run(batches, files, augment=True, seed=7)[0]
    np.testing.assert_array_equal(run(batches, files, augment=True, seed=7)[0], first)
    for other in ({"seed": 8}, {"seed": 7, "epoch": 1}):
        assert not np.array_equal(run(batches, files, augment=True, **other)[0], first)


def test_batches_of_a_pass_are_changed_differently(files, make_dataset):
    """Every batch has random numbers of its own."""
    same = (files[0],) * 20
    images = run(make_dataset(rotate=0.3), same, augment=True)[0].reshape(20, -1)
    assert len(np.unique(images, axis=0)) == 20


def test_later_passes_trace_nothing_again(files, make_dataset):
    """Keras' layers are traced once, paths and labels are prepared once."""
    batches = make_dataset("none", erase=0.5)
    for epoch in range(3):
        batches.batches(list(files), Pass(epoch=epoch, shuffle=True, augment=True))
    assert batches._change.experimental_get_tracing_count() == 1
    assert len(batches.prepared) == 1


def test_few_of_the_lists_that_pass_by_stay_prepared(files, make_dataset):
    """Single passes over ever new examples do not pile up; kept ones stay."""
    batches = make_dataset()
    batches.batches(files, Pass(shuffle=True))
    for end in range(1, 10):
        batches.batches(files[:end], Pass())
    assert kept(batches) == {files}
    assert len(batches.prepared) == 5


def test_what_is_kept(files, make_dataset):
    """Single passes keep nothing; repeated ones and validation do, and share."""
    batches = make_dataset()
    run(batches, files)
    assert not kept(batches)
    held = tuple(replace(e, split="validation") for e in files[:4])
    run(batches, held)
    run(batches, files, shuffle=True)
    run(batches, files, augment=True)
    assert kept(batches) == {held, files}


def test_a_vanished_file_is_named_mid_epoch(files, make_dataset):
    """A streaming pass that meets a missing file says which."""
    dataset = make_dataset("none").batches(files, Pass(shuffle=True))
    tf.io.gfile.remove(files[11].name)
    with pytest.raises(tf.errors.NotFoundError, match="11.png"):
        collect(dataset)


def test_a_broken_image_mid_epoch(files, make_dataset):
    """The decoder does not know the file; the helper finds it."""
    dataset = make_dataset("none")
    Path(files[7].name).write_bytes(b"GIF8 and no more")
    with pytest.raises(tf.errors.OpError) as caught:
        run(dataset, files, shuffle=True)
    told = data_error(caught.value, dataset, files)
    assert isinstance(told, DataError)
    assert str(told).startswith(f"{files[7].name} can no longer be read (")
    Path(files[7].name).unlink()
    with pytest.raises(tf.errors.OpError) as caught:
        run(dataset, files, shuffle=True)
    told = data_error(caught.value, dataset, ())
    assert str(told).startswith(f"{files[7].name} can no longer be read (")
    other = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating [[x]]")
    assert data_error(other, dataset, files) is None


def test_no_examples(make_dataset):
    """An empty split is an empty dataset of the right types."""
    dataset = make_dataset().batches((), Pass(shuffle=True, augment=True))
    assert list(dataset) == []
    assert dataset.element_spec[0].shape == (None, 8, 10, 3)


def test_under_a_mirrored_strategy(files, make_dataset):
    """Pipelines built and distributed inside a strategy's scope work."""
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        batches = make_dataset(rotate=0.1, erase=0.5)
        dataset = batches.batches(files, Pass(1, shuffle=True, augment=True))
    distributed = strategy.experimental_distribute_dataset(dataset)
    assert sum(len(images) for images, _ in distributed) == 23


def test_bytes_of_what_is_kept(files):
    """Train and validation count, test does not."""
    parts = {"train": files, "validation": files[:2], "test": files}
    assert stored_bytes(PREPROCESSOR.shape, parts) == 25 * 8 * 10 * 3


def test_workers_decode_their_shares_alone(files, make_dataset, monkeypatch):
    """Together every image once, each worker half of them, before it is decoded."""
    decoded = []

    def counting(self, examples):
        names = [example.name for example in examples]

        def load(index):
            def note(i):
                decoded.append(names[int(i)])
                return np.int64(i)

            index = tf.ensure_shape(tf.numpy_function(note, [index], tf.int64), ())
            return tf.zeros([8, 10, 3], tf.uint8) + tf.cast(index, tf.uint8)

        return load

    monkeypatch.setattr(ImageDataset, "_decoder", counting)
    shares, one = [], []
    for index in (0, 1):
        decoded.clear()
        dataset = replace(make_dataset("none"), batch_size=4)
        which = Pass(3, 1, shuffle=True, augment=True, shard=(index, 2))
        batches = list(dataset.batches(files[:20], which).as_numpy_iterator())
        assert [len(images) for images, _ in batches] == [2] * 5
        shares.append(sorted(decoded))
        one.append([images[:, 0, 0, 0] for images, _ in batches])
    assert [len(share) for share in shares] == [10, 10]
    assert not set(shares[0]) & set(shares[1])
    assert sorted(sum(shares, [])) == [example.name for example in files[:20]]
    whole = replace(make_dataset("none"), batch_size=4).batches(
        files[:20], Pass(3, 1, shuffle=True)
    )
    for number, (images, _) in enumerate(whole.as_numpy_iterator()):
        joined = np.concatenate([share[number] for share in one])
        np.testing.assert_array_equal(joined, images[:, 0, 0, 0])


@pytest.mark.slow
def test_other_processes_decode_the_same(files, make_dataset):
    """Two servers of tf.data, on loopback, give what this process would make."""
    ports = free_ports(3)
    servers = [InputServer("127.0.0.1", port) for port in (ports[0], ports[2])]
    names = tuple(f"127.0.0.1:{port}" for port in (ports[0], ports[2]))
    assert all(server.serves for server in servers)
    require_servers(names)
    dataset = make_dataset("none", rotate=0.1)
    for epoch, skip in ((0, 0), (1, 2), (1, 4)):
        expected = DataPasses(dataset, 7)(epoch, skip).as_numpy_iterator()
        batches = DataPasses(dataset, 7, names)(epoch, skip)
        assert int(batches.cardinality()) == 5 - skip
        for ours, theirs in zip(batches.as_numpy_iterator(), expected, strict=True):
            np.testing.assert_array_equal(ours[0], theirs[0])
            np.testing.assert_array_equal(ours[1], theirs[1])
    which = Pass(7, 0, shuffle=True, augment=True, remote=True)
    graph = dataset.batches(files, which)._as_serialized_graph().numpy()
    assert b"PyFunc" not in graph  # it could not run in another process
    with pytest.raises(ConfigError, match=r"data\.cache = 'none'"):
        make_dataset("memory").batches(files, which)
    with pytest.raises(ConfigError, match="does not answer"):
        require_servers([f"127.0.0.1:{free_ports(1)[0]}"])
    with pytest.raises(ConfigError, match="HOST:PORT"):
        require_servers(["nowhere"])
