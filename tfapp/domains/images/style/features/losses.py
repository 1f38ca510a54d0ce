"""Losses of neural style, and the statistics of features that they compare.

Every loss is relative to the size of its target, so that one weight serves every layer,
every extractor and every size of picture.

Reference:
    Gatys, Ecker & Bethge, Image style transfer using convolutional neural networks,
    CVPR 2016
    Huang & Belongie, Arbitrary style transfer in real-time with adaptive instance
    normalization, ICCV 2017, https://arxiv.org/abs/1703.06868
"""

from typing import Any

from keras import ops

SMALLEST = 1e-12
"""Keeps quotients finite where a target is zero."""


def gram_sum(features: Any, mask: Any = None) -> Any:
    """Return how often features occur together, summed over all places of a picture.

    Args:
        features: float tensor (height, width, channels).
        mask: float tensor (height, width, 1), how much each place counts; None for
            all places alike.

    Returns:
        Float tensor (channels, channels), symmetric, without negative eigenvalues.
        Divided by the number of places it is the Gram matrix.
    """
    channels = features.shape[-1]
    weighted = features if mask is None else features * mask
    rows = ops.reshape(features, (-1, channels))
    return ops.matmul(ops.transpose(ops.reshape(weighted, (-1, channels))), rows)


def gram_matrix(features: Any) -> Any:
    """Return the mean product of every two features over the places of each picture.

    Args:
        features: float tensor (batch, height, width, channels).

    Returns:
        Float tensor (batch, channels, channels).
    """
    height, width, channels = features.shape[1:]
    rows = ops.reshape(features, (-1, height * width, channels))
    return ops.matmul(ops.transpose(rows, (0, 2, 1)), rows) / float(height * width)


def relative_error(values: Any, target: Any) -> Any:
    """Return the squared distance to a target, divided by the target's own square.

    0 for the target itself, 1 for zeros. Between Gram matrices it is the style loss of
    a layer, between features the content loss.

    Args:
        values: float tensor of any shape.
        target: float tensor of the same shape.
    """
    size = ops.maximum(ops.sum(ops.square(target)), SMALLEST)
    return ops.sum(ops.square(values - target)) / size


def total_variation(picture: Any) -> Any:
    """Return the mean squared difference between neighbouring pixels.

    Args:
        picture: float tensor (…, height, width, channels).

    Returns:
        Float tensor (…).
    """
    down = picture[..., 1:, :, :] - picture[..., :-1, :, :]
    right = picture[..., 1:, :] - picture[..., :-1, :]
    return _mean_square(down) + _mean_square(right)


def out_of_range(picture: Any) -> Any:
    """Return the mean squared amount by which values leave [0, 1].

    Args:
        picture: float tensor (…, height, width, channels).

    Returns:
        Float tensor (…).
    """
    return _mean_square(picture - ops.clip(picture, 0.0, 1.0))


def _mean_square(values: Any) -> Any:
    """Return the mean square of each picture of any number of them."""
    return ops.mean(ops.square(values), axis=(-3, -2, -1))


def feature_statistics(features: Any, epsilon: float = 1e-5) -> tuple[Any, Any]:
    """Return mean and deviation of every channel over the places of a picture.

    Args:
        features: float tensor (batch, height, width, channels).
        epsilon: added to the variance, which keeps the root's slope finite.

    Returns:
        Two float tensors (batch, 1, 1, channels).
    """
    mean = ops.mean(features, axis=(1, 2), keepdims=True)
    variance = ops.mean(ops.square(features - mean), axis=(1, 2), keepdims=True)
    return mean, ops.sqrt(variance + epsilon)


def adaptive_normalization(content: Any, style: Any, epsilon: float = 1e-5) -> Any:
    """Give the channels of one picture the mean and deviation of another's (AdaIN).

    Args:
        content: float tensor (batch, height, width, channels).
        style: float tensor (batch, any height, any width, channels).
        epsilon: added to variances.
    """
    mean, deviation = feature_statistics(content, epsilon)
    style_mean, style_deviation = feature_statistics(style, epsilon)
    return (content - mean) / deviation * style_deviation + style_mean
