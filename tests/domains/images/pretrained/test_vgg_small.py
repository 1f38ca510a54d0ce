"""VGG at a reduced width."""

import keras
import pytest

from tfapp.domains.images.pretrained.vgg_small import vgg_small


def test_weights_counted_by_hand():
    """3x3 kernels without biases, and four vectors of each batch normalisation."""
    widths = [(3, 32), (32, 64), (64, 128), (128, 128)]
    widths += [(128, 256), (256, 256), (256, 512), (512, 512)]
    expected = sum(9 * a * b + 4 * b for a, b in widths)
    assert vgg_small(input_shape=(64, 64, 3)).count_params() == expected == 4_671_712


@pytest.mark.parametrize("side", [32, 64, 96, 128, 160])
def test_shrinks_thirty_two_times(side):
    """Five poolings halve the image."""
    output = vgg_small(input_shape=(side, side, 3)).output_shape
    assert output == (None, side // 32, side // 32, 512)


def test_blocks_are_vggs():
    """Convolution, batch normalisation, ReLU; a pooling at the end of each block."""
    network = vgg_small(input_shape=(32, 32, 3), filters=(4, 8), repeats=(1, 2))
    names = [layer.name for layer in network.layers[1:]]
    assert names == [
        *("block1_conv1", "block1_bn1", "block1_relu1", "block1_pool"),
        *("block2_conv1", "block2_bn1", "block2_relu1"),
        *("block2_conv2", "block2_bn2", "block2_relu2", "block2_pool"),
    ]
    convolutions = [x for x in network.layers if isinstance(x, keras.layers.Conv2D)]
    assert {x.kernel_size for x in convolutions} == {(3, 3)}
    assert not any(x.use_bias for x in convolutions)
