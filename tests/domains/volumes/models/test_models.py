"""Networks of clips: the published numbers of parameters, and what each can see."""

import keras
import numpy as np
import pytest

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo, InputSpec
from tfapp.domains.volumes.models.c3d import c3d
from tfapp.domains.volumes.models.clip_cnn import clip_cnn


def info(shape, classes=3):
    """Return the facts of clips."""
    return DataInfo({"frames": InputSpec(shape)}, (), classes)


@pytest.mark.slow
def test_parameters_of_c3d():
    """79,991,015 for Sports-1M, of which 27,655,936 in convolutions; pool5 pads."""
    model = c3d(info((16, 112, 112, 3), 487))
    assert model.count_params() == 79_991_015
    convolutions = [w for w in model.layers if isinstance(w, keras.layers.Conv3D)]
    assert sum(layer.count_params() for layer in convolutions) == 27_655_936
    assert model.get_layer("pool5").output.shape[1:] == (1, 4, 4, 512)
    assert model.count_params() - 386 * 4097 == 78_409_573  # of 101 classes


def test_the_order_of_frames_counts_for_clips_alone():
    """Reversed clips get other logits of a network that sees clips, or differences."""
    clips = np.random.default_rng(0).uniform(0, 255, (2, 6, 8, 8, 1)).astype("float32")
    shuffled = clips[:, [3, 0, 5, 1, 4, 2]]
    for sees, changes in (("clip", True), ("frames", False), ("differences", True)):
        keras.utils.set_random_seed(0)  # with some weights all units are silent
        model = clip_cnn(info((6, 8, 8, 1)), sees=sees, filters=(4, 4), units=16)
        gap = abs(np.asarray(model(clips)) - np.asarray(model(shuffled))).max()
        assert (gap > 1e-4) == changes, sees


def test_light_hardly_counts():
    """A clip at half its brightness gets nearly the same logits."""
    clips = np.random.default_rng(0).uniform(0, 255, (2, 6, 8, 8, 1)).astype("float32")
    for sees in ("clip", "frames", "differences"):
        keras.utils.set_random_seed(0)  # with some weights all units are silent
        model = clip_cnn(info((6, 8, 8, 1)), sees=sees, filters=(4, 4), units=16)
        bright, dark = (np.asarray(model(clips * factor)) for factor in (1.0, 0.5))
        assert abs(bright - dark).max() < 0.05 * abs(bright).max(), sees


def test_frames_too_small():
    """So many convolutions would leave nothing; a width of 0 leaves no filters."""
    with pytest.raises(ModelError, match="at least 16 pixels a side"):
        clip_cnn(info((6, 8, 8, 1)), filters=(2,) * 5)
    with pytest.raises(ModelError, match="`width` must be above 0"):
        c3d(info((6, 8, 8, 1)), width=0)
