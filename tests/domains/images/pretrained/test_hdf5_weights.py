"""Weight files must fit their network exactly."""

from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format

from tfapp.base.errors import WeightsError
from tfapp.domains.images.pretrained.hdf5_weights import MisfitError, fill


def network(*units: int) -> keras.Model:
    """Return dense layers on 3 inputs, with names of their own."""
    inputs = keras.Input((3,))
    x = inputs
    for index, count in enumerate(units):
        x = keras.layers.Dense(count, name=f"layer_{index}")(x)
    return keras.Model(inputs, keras.layers.Dropout(0.5)(x), name="tiny")


def test_reads_both_formats(tmp_path: Path) -> None:
    """The newer and the older layout give the weights that were saved."""
    source = network(4, 2)
    source.save_weights(tmp_path / "new.weights.h5")
    with h5py.File(tmp_path / "old.h5", "w") as group:
        legacy_h5_format.save_weights_to_hdf5_group(group, source)
    for name in ("new.weights.h5", "old.h5"):
        target = network(4, 2)
        fill(target, tmp_path / name)
        for expected, received in zip(
            source.get_weights(), target.get_weights(), strict=True
        ):
            np.testing.assert_array_equal(received, expected)


def test_ignores_an_optimizer(tmp_path: Path) -> None:
    """Weights saved during training fit as well."""
    source = network(4)
    source.compile("adam", "mse")
    source.fit(np.zeros((2, 3)), np.zeros((2, 4)), verbose=0)
    source.save_weights(tmp_path / "trained.weights.h5")
    target = network(4)
    fill(target, tmp_path / "trained.weights.h5")
    np.testing.assert_array_equal(target.get_weights()[0], source.get_weights()[0])


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        ((4, 2), "It lacks 'layer_1/kernel' of shape (4, 2)."),
        ((5,), "it holds 2 arrays. Expected 2. It lacks 'layer_0/kernel'"),
        ((), "it holds 2 arrays. Expected 0. The network has no place for"),
    ],
)
def test_refuses_other_weights(
    tmp_path: Path, units: tuple[int, ...], reason: str
) -> None:
    """Fewer, other and surplus weights are refused; Keras takes a surplus silently."""
    path = tmp_path / "one.weights.h5"
    network(4).save_weights(path)
    with pytest.raises(MisfitError) as caught:
        fill(network(*units), path)
    assert "one.weights.h5' does not fit network 'tiny': " in str(caught.value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_refuses_other_weights_in_the_older_format(tmp_path: Path) -> None:
    """Keras' own finding is passed on in one line."""
    with h5py.File(tmp_path / "old.h5", "w") as group:
        legacy_h5_format.save_weights_to_hdf5_group(group, network(4))
    with pytest.raises(MisfitError, match="expected 2 layers, found 1 saved") as caught:
        fill(network(4, 2), tmp_path / "old.h5")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kept", [0.5, 0.0])
def test_refuses_a_broken_file(tmp_path: Path, kept: float) -> None:
    """A truncated file, or one of another kind, is named."""
    path = tmp_path / "w.weights.h5"
    network(4).save_weights(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)] or b"hello")
    with pytest.raises(WeightsError, match=r"w.weights.h5' is not a whole HDF5 file"):
        fill(network(4), path)


def test_refuses_an_unknown_ending(tmp_path: Path) -> None:
    """Only HDF5 files are weights."""
    with pytest.raises(WeightsError, match=r"model.keras' has an unknown ending"):
        fill(network(4), tmp_path / "model.keras")
