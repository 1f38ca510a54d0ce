"""The loss of a picture, its gradient, and the same part by part."""

import numpy as np
import pytest

from tfapp.base.errors import ModelError, WeightsError
from tfapp.domains.images.style.features.boxes import MARGIN, boxes, padded, part_side
from tfapp.domains.images.style.features.extraction import (
    Extraction,
    Layers,
    default_layers,
)
from tfapp.domains.images.style.features.objective import Objective, Weights
from tfapp.domains.images.style.features.targets import Style

LAYERS = Layers(("block1_relu1", "block2_relu1"), ("block2_relu1",))
RANDOM = np.random.default_rng(0)


def smooth(height, width):
    """Return a random picture that is not noise."""
    small = RANDOM.random((height // 4, width // 4, 3))
    return np.kron(small, np.ones((4, 4, 1))).astype("float32")


CONTENT, STYLE = smooth(64, 96), smooth(80, 64)


@pytest.fixture(scope="module")
def extraction():
    """Two layers of the network that comes with tfapp."""
    return Extraction("vgg_small", "tiny_imagenet", [*LAYERS.style, *LAYERS.content])


def test_boxes_cover_every_pixel_once():
    """Whatever the size, the inner parts are a partition of the picture."""
    for height, width, side in ((64, 96, 32), (100, 333, 64), (65, 48, 128)):
        counts = np.zeros((height + 2 * MARGIN + 31, width + 2 * MARGIN + 31), int)
        whole = padded(np.zeros((height, width, 3), "float32"))
        for box in boxes(height, width, side):
            top, left, rows, columns = box.inner
            counts[
                box.top + top : box.top + top + rows,
                box.left + left : box.left + left + columns,
            ] += 1
            part = box.cut(whole)
            assert part.shape[:2] == (box.height, box.width)
            assert box.height % 32 == box.width % 32 == 0
        inside = counts[MARGIN : MARGIN + height, MARGIN : MARGIN + width]
        assert inside.min() == inside.max() == 1
        assert counts.sum() == height * width


def test_losses_are_zero_where_the_picture_is_content_and_style(extraction):
    """The content in its own style has no loss but its variation."""
    objective = Objective(extraction, LAYERS, CONTENT, [Style(CONTENT)])
    _, _, losses = objective(CONTENT)
    for name, value in losses.items():
        assert value < 1e-9 or name == "variation", name
    assert losses["variation"] > 0


def test_gradient_is_that_of_finite_differences(extraction):
    """Along random directions the loss changes as the gradient says."""
    objective = Objective(extraction, LAYERS, CONTENT, [Style(STYLE)])
    picture = np.clip(CONTENT + RANDOM.normal(0, 0.05, CONTENT.shape), -0.1, 1.1)
    _, gradient, _ = objective(picture)
    direction = gradient / np.linalg.norm(gradient)
    step = 0.05
    above, below = (objective(picture + s * direction)[0] for s in (step, -step))
    slope = (above - below) / (2 * step)
    assert slope == pytest.approx(np.linalg.norm(gradient), rel=0.02)


@pytest.mark.slow
def test_parts_give_the_loss_and_the_gradient_of_the_whole(extraction):
    """A picture computed in two parts has the loss of the whole, masks or not."""
    mask = np.zeros(CONTENT.shape[:2], "float32")
    mask[:, 40:] = 1.0
    for styles in ([Style(STYLE)], [Style(STYLE, 0.5, mask), Style(CONTENT, 0.5)]):
        whole = Objective(extraction, LAYERS, CONTENT, styles)
        parted = Objective(extraction, LAYERS, CONTENT, styles, part_side=64)
        assert len(parted.parts) == 2
        picture = CONTENT[::-1].copy()
        value, gradient, losses = whole(picture)
        again, own, also = parted(picture)
        assert again == pytest.approx(value, rel=1e-4)
        np.testing.assert_allclose(own, gradient, atol=1e-4 * np.abs(gradient).max())
        assert also == pytest.approx(losses, rel=1e-4)
        assert parted.measure(picture) == pytest.approx(losses, rel=1e-4)


def test_masked_style_reaches_its_region_alone(extraction):
    """Without content, the gradient is zero far from the mask."""
    mask = np.zeros(CONTENT.shape[:2], "float32")
    mask[:, :32] = 1.0
    weights = Weights(content=0.0, variation=0.0)
    objective = Objective(
        extraction, LAYERS, CONTENT, [Style(STYLE, 1.0, mask)], weights
    )
    _, gradient, _ = objective(CONTENT)
    assert np.abs(gradient[:, :32]).max() > 0
    assert np.abs(gradient[:, 48:]).max() == 0


def test_shares_of_styles_are_weights_of_their_losses(extraction):
    """The loss of two styles is the weighted mean of the losses of each."""
    picture = smooth(64, 96)

    def style_loss(styles):
        losses = Objective(extraction, LAYERS, CONTENT, styles)(picture)[2]
        return losses["style_block1_relu1"]

    both = style_loss([Style(STYLE, 0.75), Style(CONTENT, 0.25)])
    alone = style_loss([Style(STYLE)]), style_loss([Style(CONTENT)])
    assert both == pytest.approx(0.75 * alone[0] + 0.25 * alone[1], rel=1e-4)


def test_parts_fit_the_memory():
    """A picture is divided only where it does not fit, into multiples of 32."""
    assert part_side(200, 300, 1000.0, 1e9) == 0
    side = part_side(2000, 1500, 2000.0, 1e9)
    assert side % 32 == 0
    assert (side + 128) ** 2 * 2000 <= 1e9


def test_unknown_networks_and_layers_are_refused():
    """Each mistake names what there is."""
    with pytest.raises(ModelError, match="no layers were chosen.*style_layers"):
        default_layers("xception")
    with pytest.raises(ModelError, match="no layer 'block9'"):
        Extraction("vgg_small", "tiny_imagenet", ["block9"])
    with pytest.raises(WeightsError, match="no weights 'tiny_imagenet'"):
        Extraction("vgg16", "tiny_imagenet", ["block1_conv1"])
