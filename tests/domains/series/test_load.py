"""Loading: batches against the file, raw inputs against batches."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.domains.series.tiny import long, wide
from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.spec import Pass
from tfapp.domains.series.load import series
from tfapp.domains.series.models.recurrent_forecaster import recurrent_forecaster
from tfapp.recipes.config import DataConfig

LONG = {"future": ("holiday",), "static": ("size",), "item": "id"}


def load(path, batch_size=16, **options):
    """Load a file as a run does."""
    config = DataConfig(path=str(path), batch_size=batch_size)
    context = LoadContext(config, 0, None, path.parent)
    return series(context, **options)


def collected(dataset, split, which=None):
    """Return all inputs, targets (and weights) of one pass as arrays."""
    batches = list(dataset.batches(dataset.examples[split], which or Pass()))
    return tf.nest.map_structure(lambda *t: np.concatenate(t), *batches)


def test_a_wide_table_becomes_windows(tmp_path):
    """A horizon of a season, a window of several, scaled by the training part."""
    dataset = load(wide(tmp_path / "w.csv"))
    assert dataset.info.target_shape == (12,)
    assert dataset.info.labels == ("a", "b")
    assert {n: s.shape for n, s in dataset.info.inputs.items()} == {"history": (48, 2)}
    history, targets = collected(dataset, "train")
    assert history.shape == (len(dataset.examples["train"]), 48, 2)
    assert targets.shape[1:] == (12, 2)
    values = np.loadtxt(
        tmp_path / "w.csv", delimiter=",", skiprows=1, usecols=(1, 2), dtype=float
    )
    train = values[: 240 - 36 - 31]
    scaled = (values - train.mean(axis=0)) / train.std(axis=0)
    np.testing.assert_allclose(history[0], scaled[:48], atol=1e-5)
    np.testing.assert_allclose(targets[0], scaled[48:60], atol=1e-5)
    found = dataset.targets(dataset.examples["test"])
    np.testing.assert_allclose(found[-1], scaled[-12:], atol=1e-5)


def test_parts_share_no_answer(tmp_path):
    """The last step forecast in training is before the first one in validation."""
    dataset = load(wide(tmp_path / "w.csv"))
    last, first = (dataset.examples[s] for s in ("train", "validation"))
    ends = [max(dataset.origins[e.name].step for e in part) + 12 for part in (last,)]
    begins = [min(dataset.origins[e.name].step for e in part) for part in (first,)]
    assert ends[0] <= begins[0]
    assert first[0].name == "w.csv#@2014-06-01T00:00:00"


@pytest.mark.slow
@pytest.mark.parametrize("calendar", [(), ("week", "year")])
def test_raw_inputs_become_the_batches(tmp_path, calendar):
    """What a client sends for an example is what training has seen of it."""
    path = long(tmp_path / "l.csv")
    dataset = load(path, horizon=5, window=14, calendar=calendar, **LONG)
    assert set(dataset.info.inputs) == {"history", "future", "static"}
    examples = dataset.examples["test"]
    inputs, _ = collected(dataset, "test")
    rows = [dataset.raw(example) for example in examples]
    raw = {
        name: tf.constant(np.stack([row[name] for row in rows]))
        for name in dataset.preprocessor.raw
    }
    for name, array in tf.function(dataset.preprocessor)(raw).items():
        np.testing.assert_allclose(array, inputs[name], atol=2e-4, err_msg=name)


def test_shorter_series_are_scaled_by_their_own_numbers(tmp_path):
    """Every series has about the mean 0 and the deviation 1 while it is trained on."""
    dataset = load(long(tmp_path / "l.csv"), horizon=5, window=14, **LONG)
    inputs, _ = collected(dataset, "train")
    items = np.array([dataset.origins[e.name].item for e in dataset.examples["train"]])
    assert set(items) == {0, 1, 2} - ({2} if 2 not in items else set())
    for item in set(items):
        assert abs(inputs["history"][items == item].mean()) < 0.3


def test_passes_are_functions_of_their_arguments(tmp_path):
    """The same seed and epoch give the same batches, from anywhere in the pass."""
    dataset = load(wide(tmp_path / "w.csv"))
    which = Pass(seed=3, epoch=2, shuffle=True)
    whole = collected(dataset, "train", which)
    again = collected(dataset, "train", which)
    rest = collected(dataset, "train", Pass(seed=3, epoch=2, skip=2, shuffle=True))
    np.testing.assert_array_equal(whole[0], again[0])
    np.testing.assert_array_equal(whole[0][32:], rest[0])


def test_filled_values_are_weights_of_zero(tmp_path):
    """A gap of one month: the third part of a batch."""
    path = wide(tmp_path / "w.csv")
    rows = path.read_text().splitlines()
    del rows[100]
    path.write_text("\n".join(rows))
    dataset = load(path, window=24)
    *_, weights = collected(dataset, "train")
    assert (weights == 0).sum() == 12 * 2
    assert any("gaps" in note for note in dataset.notes)


def test_the_fingerprint_follows_the_values(tmp_path):
    """Another noise is other data; the same file is the same."""
    path = wide(tmp_path / "w.csv")
    first = load(path).info.fingerprint
    assert load(path).info.fingerprint == first
    assert load(wide(path, seed=1)).info.fingerprint != first


@pytest.mark.slow
def test_networks_take_the_data(tmp_path):
    """The builder needs the facts of the data alone, and a fit lowers the loss."""
    dataset = load(long(tmp_path / "l.csv"), horizon=5, window=14, **LONG)
    keras.utils.set_random_seed(0)
    model = recurrent_forecaster(dataset.info, units=16, segment=7)
    model.compile(keras.optimizers.Adam(0.01), "mse")
    batches = dataset.batches(dataset.examples["train"], Pass())
    first = model.evaluate(batches, verbose=0)
    for epoch in range(3):
        which = Pass(shuffle=True, epoch=epoch)
        for inputs, targets in dataset.batches(dataset.examples["train"], which):
            model.train_on_batch(inputs, targets)
    assert model.evaluate(batches, verbose=0) < 0.5 * first


def test_what_cannot_be_learned_is_refused(tmp_path):
    """Constant series, and a window longer than the file."""
    path = tmp_path / "c.csv"
    path.write_text("date,a\n" + "\n".join(f"2026-01-{d:02},7" for d in range(1, 31)))
    with pytest.raises(DataError, match="every series is constant"):
        load(path)
    with pytest.raises(DataError, match="a window of 500 and a horizon of 12"):
        load(wide(tmp_path / "w.csv"), window=500)
