"""U-Net: a contracting path, an expanding one, and bridges between them."""

from typing import Any, Literal

import keras

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.images.segmentation.models.turns import averaged_over_turns
from tfapp.domains.images.shapes import image_shape


def unet(
    info: DataInfo,
    *,
    width: int = 64,
    depth: int = 4,
    padding: Literal["valid", "same"] = "valid",
    up: Literal["transpose", "upsample"] = "transpose",
    dropout_rate: float = 0.5,
    batch_normalization: bool = False,
    margin: int = 0,
    turns: int = 1,
) -> keras.Model:
    """Convolutions down to a coarse map and up again, joined at every size.

    The defaults are the network of the paper: 572x572x1 pixels give 388x388x2 answers
    by 31,030,658 parameters. Valid convolutions answer for the inner pixels alone;
    with them a side has to be 188 + 16k pixels long, and the answer is 184 shorter.

    Args:
        info: one input, an image (height, width, channels), pixels in [0, 255]; one
            output per class.
        width: filters of the first convolutions; doubled after every pooling.
        depth: number of poolings.
        padding: "valid" convolutions as in the paper, whose maps shrink and are
            cropped at the bridges, or "same", whose sides have to be multiples of
            2 ** depth.
        up: how maps grow: a transposed 2x2 convolution of stride 2, or their pixels
            doubled, then a 2x2 convolution; equally many parameters.
        dropout_rate: behind the last two pairs of convolutions on the way down.
        batch_normalization: between convolutions and their ReLU, which the paper
            does not have; then convolutions have no bias.
        margin: pixels of the answer that are cut off at each side; of networks with
            "same" padding the outermost are the worst.
        turns: number of positions, 4 or 8, in which the trained network looks at each
            image and averages its answers (the paper has 7); 1 for one.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) → float32 logits
        (batch, rows, columns, info.num_outputs), for the pixels in the middle; several
        turns return the dict of `averaged_over_turns`.

    Raises:
        ModelError: if the sides do not fit.

    Reference:
        Ronneberger, Fischer & Brox, U-Net: Convolutional networks for biomedical
        image segmentation, MICCAI 2015, https://arxiv.org/abs/1505.04597
    """
    shape = image_shape(info)
    check_sides(shape, depth, padding, margin)
    blocks = _Blocks(padding, up, batch_normalization)
    inputs = keras.Input(shape, name="image")
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="rescale")(inputs)
    x, bridges = _contract(blocks, x, width, depth, dropout_rate)
    for level in reversed(range(depth)):
        x = blocks.grow(x, width << level, f"up{level + 1}")
        x = join(bridges[level], x, f"up{level + 1}")
        x = blocks.pair(x, width << level, f"up{level + 1}")
    logits = pixel_logits(x, info.num_outputs, margin)
    require_answers(logits, info, "unet")
    network = keras.Model(inputs, logits, name="unet")
    if turns == 1:
        return network
    image = keras.Input(shape, name="image")
    return keras.Model(image, averaged_over_turns(image, network, turns), name="unet")


def check_sides(
    input_shape: tuple[int, int, int], depth: int, padding: str, margin: int
) -> None:
    """Refuse images whose sides the poolings would not halve evenly.

    Raises:
        ModelError: with a side that fits.
    """
    step = 2**depth
    lost = 12 * step - 8 if padding == "valid" else 0
    least = lost + 4 if lost else step
    needed = max(least, lost + 2 * margin + 1)
    for side in input_shape[:2]:
        if side < needed or (side - least) % step:
            steps = max(-(-(needed - least) // step), (side - least) // step)
            raise ModelError(
                f"A side of {side} pixels does not fit a U-Net of depth {depth} with "
                f"{padding!r} convolutions and margin {margin}. Expected {least} + "
                f"{step}k pixels, for example {least + step * steps}: set "
                "data.options.tile_size."
            )


def require_answers(logits: Any, info: DataInfo, name: str) -> None:
    """Refuse a network that answers for other pixels than the data has answers for.

    Args:
        logits: Keras tensor (batch, rows, columns, classes).
        info: of the data.
        name: of the network, for the error.

    Raises:
        ModelError: with the margin that fits.
    """
    rows, columns = logits.shape[1:3]
    if len(info.target_shape) != 2 or (rows, columns) == info.target_shape:
        return
    height, width, _ = image_shape(info)
    raise ModelError(
        f"Model {name!r} answers for {rows}x{columns} pixels of a tile of "
        f"{height}x{width}; the data has answers for "
        f"{'x'.join(map(str, info.target_shape))}. Set data.options.margin = "
        f"{(height - rows) // 2}."
    )


def _contract(
    blocks: "_Blocks", x: Any, width: int, depth: int, dropout_rate: float
) -> tuple[Any, list[Any]]:
    """Return the coarsest map, and the map of every size before its pooling."""
    bridges = []
    for level in range(depth):
        x = blocks.pair(x, width << level, f"down{level + 1}")
        if level == depth - 1 and dropout_rate:
            x = keras.layers.Dropout(dropout_rate, name=f"down{level + 1}_dropout")(x)
        bridges.append(x)
        x = keras.layers.MaxPooling2D(2, name=f"down{level + 1}_pool")(x)
    x = blocks.pair(x, width << depth, "bottom")
    if dropout_rate:
        x = keras.layers.Dropout(dropout_rate, name="bottom_dropout")(x)
    return x, bridges


class _Blocks:
    """Pairs of convolutions, and the steps that let maps grow."""

    def __init__(self, padding: str, up: str, normalized: bool) -> None:
        self.padding = padding
        self.up = up
        self.normalized = normalized

    def pair(self, x: Any, filters: int, name: str) -> Any:
        """Return two 3x3 convolutions, each with a ReLU."""
        for number in (1, 2):
            x = convolution(
                x,
                filters,
                f"{name}_conv{number}",
                padding=self.padding,
                normalized=self.normalized,
            )
        return x

    def grow(self, x: Any, filters: int, name: str) -> Any:
        """Return maps of twice the size and fewer features (the "up-convolution")."""
        if self.up == "transpose":
            return keras.layers.Conv2DTranspose(
                filters, 2, 2, kernel_initializer="he_normal", name=f"{name}_grow"
            )(x)
        x = keras.layers.UpSampling2D(2, name=f"{name}_double")(x)
        return keras.layers.Conv2D(
            filters,
            2,
            padding="same",
            kernel_initializer="he_normal",
            name=f"{name}_grow",
        )(x)


def convolution(
    x: Any, filters: int, name: str, *, padding: str = "same", normalized: bool = True
) -> Any:
    """Return a 3x3 convolution with a ReLU, and batch normalisation between on request.

    Args:
        x: float tensor (batch, rows, columns, features).
        filters: of the convolution.
        name: of the convolution.
        padding: "valid" or "same".
        normalized: whether it is batch-normalised, and has no bias.
    """
    x = keras.layers.Conv2D(
        filters,
        3,
        padding=padding,
        use_bias=not normalized,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    if normalized:
        x = keras.layers.BatchNormalization(name=f"{name}_bn")(x)
    return keras.layers.ReLU(name=f"{name}_relu")(x)


def join(bridge: Any, x: Any, name: str) -> Any:
    """Return the middle of a bridge and maps of the expanding path, side by side.

    Args:
        bridge: float tensor (batch, rows, columns, features), at least as large as x.
        x: float tensor (batch, rows, columns, features).
        name: beginning of the layers' names.
    """
    rows, columns = bridge.shape[1] - x.shape[1], bridge.shape[2] - x.shape[2]
    if rows or columns:
        sides = ((rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2))
        bridge = keras.layers.Cropping2D(sides, name=f"{name}_crop")(bridge)
    return keras.layers.Concatenate(name=f"{name}_join")([bridge, x])


def pixel_logits(x: Any, num_outputs: int, margin: int) -> Any:
    """Return float32 logits of every pixel, those at the sides cut off.

    Args:
        x: float tensor (batch, rows, columns, features).
        num_outputs: number of classes.
        margin: pixels cut off at each side.
    """
    # Cut last: the gradient of a cut is slow on a CPU, and the logits have fewer
    # features than what they are made of.
    logits = keras.layers.Conv2D(num_outputs, 1, dtype="float32", name="logits")(x)
    if margin:
        logits = keras.layers.Cropping2D(margin, dtype="float32", name="margin")(logits)
    return logits
