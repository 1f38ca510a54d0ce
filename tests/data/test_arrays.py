"""Data sets in memory, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tfapp.data.arrays import ArrayDataset, Column
from tfapp.data.spec import DataInfo, Example, InputSpec, Pass

COUNT = 11
WORDS = [np.arange(1, 2 + i % 4, dtype=np.int32) for i in range(COUNT)]
NUMBERS = np.arange(COUNT * 3, dtype=np.float32).reshape(COUNT, 3)
CLASSES = np.arange(COUNT) % 3
EXAMPLES = tuple(Example(f"e{i}", "train") for i in range(COUNT))


def noise(inputs, targets, seed):
    """Add random numbers to the inputs."""
    return inputs + tf.random.stateless_normal(tf.shape(inputs), seed), targets


def make(inputs=None, answers=None, **options):
    """Return a data set of eleven examples."""
    columns = {"x": Column(NUMBERS)} if inputs is None else inputs
    specs = {name: InputSpec(c.shape[1:], c.dtype.name) for name, c in columns.items()}
    return ArrayDataset(
        info=DataInfo(specs, (), 3),
        examples={"train": EXAMPLES, "validation": (), "test": ()},
        preprocessor=None,
        names=[e.name for e in EXAMPLES],
        inputs=columns,
        answers=Column(CLASSES) if answers is None else answers,
        read=lambda example: {"x": NUMBERS[int(example.name[1:])]},
        batch_size=4,
        **options,
    )


def passed(dataset, examples=EXAMPLES, **keys):
    """Return the batches of one pass as arrays."""
    return list(dataset.batches(examples, Pass(**keys)).as_numpy_iterator())


def test_a_pass_in_order():
    """Batches hold the rows of the examples asked for, the last may be smaller."""
    dataset = make(one_hot=True)
    found = passed(dataset, EXAMPLES[::-1])
    assert [len(inputs) for inputs, _ in found] == [4, 4, 3]
    np.testing.assert_array_equal(np.concatenate([x for x, _ in found]), NUMBERS[::-1])
    targets = np.concatenate([y for _, y in found])
    np.testing.assert_array_equal(targets, np.eye(3, dtype="float32")[CLASSES[::-1]])
    assert int(dataset.batches(EXAMPLES, Pass(skip=1)).cardinality()) == 2
    assert dataset.count(EXAMPLES, True) == COUNT
    np.testing.assert_array_equal(dataset.targets(EXAMPLES[3:5]), CLASSES[3:5])
    np.testing.assert_array_equal(dataset.raw(EXAMPLES[2])["x"], NUMBERS[2])


def test_the_order_is_that_of_seed_and_epoch():
    """Shuffled by NumPy's generator of (seed, epoch), inputs and targets together."""
    order = np.random.default_rng([3, 1]).permutation(COUNT)
    found = passed(make(), shuffle=True, seed=3, epoch=1)
    np.testing.assert_array_equal(np.concatenate([x for x, _ in found]), NUMBERS[order])
    np.testing.assert_array_equal(np.concatenate([y for _, y in found]), CLASSES[order])


def test_a_pass_taken_up_in_the_middle():
    """The rest of an augmented pass is the same to the bit; other epochs differ."""
    keys = {"seed": 5, "epoch": 2, "shuffle": True, "augment": True}
    dataset = make(change=noise, augmentation={"noise": 1.0})
    whole = passed(dataset, **keys)
    for skip in (1, 2, 3):
        rest = passed(make(change=noise), **keys, skip=skip)
        for found, expected in zip(rest, whole[skip:], strict=True):
            np.testing.assert_array_equal(found[0], expected[0])
            np.testing.assert_array_equal(found[1], expected[1])
    other = passed(dataset, **keys | {"epoch": 3})
    assert not np.array_equal(other[0][0], whole[0][0])
    plain = passed(dataset, seed=5, epoch=2, shuffle=True)
    assert not np.allclose(plain[0][0], whole[0][0])


def test_lengths_that_differ_are_padded_in_each_batch():
    """A batch is as long as its longest example; the rest is padding."""
    inputs = {"words": Column(WORDS, padding=-1), "x": Column(NUMBERS)}
    dataset = make(inputs, Column([w * 2 for w in WORDS]), weights=Column(NUMBERS))
    spec = dataset.batches(EXAMPLES, Pass()).element_spec
    assert spec[0]["words"].shape == (None, None)
    assert spec[0]["x"].shape == spec[2].shape == (None, 3)
    (inputs, targets, weights), *_ = passed(dataset, EXAMPLES[:2])
    np.testing.assert_array_equal(inputs["words"], [[1, -1], [1, 2]])
    np.testing.assert_array_equal(targets, [[2, 0], [2, 4]])
    np.testing.assert_array_equal(weights, NUMBERS[:2])
    assert inputs["words"].dtype == np.int32
    assert [list(t) for t in dataset.targets(EXAMPLES[:2])] == [[2], [2, 4]]


def test_padded_classes_become_zeros():
    """One-hot vectors of a negative class, the padding, are all zero."""
    answers = Column([w % 3 for w in WORDS], padding=-1)
    ((_, targets),) = passed(make(answers=answers, one_hot=True), EXAMPLES[:2])
    np.testing.assert_array_equal(targets[0], [[0, 1, 0], [0, 0, 0]])


def test_windows_of_a_series_are_not_copied():
    """Overlapping views of one array serve as inputs."""
    series = np.arange(COUNT + 3, dtype=np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(series, 4)
    dataset = make({"x": Column(windows)})
    found = np.concatenate([x for x, _ in passed(dataset)])
    np.testing.assert_array_equal(found, windows)
    assert np.shares_memory(dataset.inputs["x"].values, series)


@pytest.mark.parametrize("values", [WORDS, NUMBERS])
def test_no_examples(values):
    """An empty split is an empty pass of the right types."""
    batches = make({"x": Column(values)}).batches((), Pass(shuffle=True))
    assert list(batches) == []
    assert batches.element_spec[0].dtype == values[0].dtype


def test_columns_that_do_not_fit():
    """Other names or numbers of rows are a bug of the domain."""
    with pytest.raises(ValueError, match=r"must have 11 rows.*Received: \[3, 11\]"):
        make(answers=Column(np.zeros(3)))
    info = make().info
    with pytest.raises(ValueError, match=r"named \['x'\]. Received: \['y'\]"):
        ArrayDataset(
            info, {}, None, [], {"y": Column(NUMBERS)}, Column(CLASSES), None, 4
        )


def test_rows_of_similar_length_share_a_batch():
    """Shuffled passes hold every row once, with less padding; others keep order."""
    lengths = np.array([len(word) for word in WORDS])
    dataset = make({"x": Column(WORDS)}, lengths=lengths)
    found = passed(dataset, shuffle=True, seed=3)
    rows = [tuple(row[row > 0]) for inputs, _ in found for row in inputs]
    assert sorted(rows) == sorted(map(tuple, WORDS))
    padding = sum(int((inputs == 0).sum()) for inputs, _ in found)
    plain = passed(make({"x": Column(WORDS)}), shuffle=True, seed=3)
    assert padding < sum(int((inputs == 0).sum()) for inputs, _ in plain)
    again = passed(dataset, shuffle=True, seed=3, skip=1)
    for one, other in zip(found[1:], again, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
    straight = [len(r[r > 0]) for inputs, _ in passed(dataset) for r in inputs]
    assert straight == lengths.tolist()


def test_shares_of_workers():
    """Two workers together get the batches of one process."""
    one = passed(make(), seed=1, epoch=2, shuffle=True, skip=1)
    two = [
        passed(make(), seed=1, epoch=2, shuffle=True, skip=1, shard=(index, 2))
        for index in (0, 1)
    ]
    for number, (inputs, _) in enumerate(one[:-1]):
        parts = [share[number][0] for share in two]
        np.testing.assert_array_equal(np.concatenate(parts), inputs)
    for share in two:  # three examples do not divide: both get all
        np.testing.assert_array_equal(share[-1][0], one[-1][0])
