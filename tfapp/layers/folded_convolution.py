"""A convolution that does the work of the frozen batch normalisation behind it."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class FoldedConvolution(keras.layers.Layer):
    """A convolution and the frozen batch normalisation behind it, in one step.

    A batch normalisation in inference mode multiplies every channel by a constant
    and adds another; the convolution before it can do both. The kernel is multiplied
    by gamma / sqrt(variance + epsilon), and what is left becomes the bias. The
    variables stay those of the two layers, so what one of them learns the other
    graph knows, and gradients reach the kernel through the multiplication exactly
    as they would through the normalisation. Kernel and bias are computed in float32
    whatever the precision, and cast afterwards.

    Args:
        convolution: Conv2D, DepthwiseConv2D or SeparableConv2D without activation.
        normalization: BatchNormalization of the convolution's channels. It must be
            frozen (`trainable=False`): no batch statistics are ever taken.

    Input shape:
        Float tensor, as the convolution's: (batch, height, width, channels), or
        (batch, channels, height, width) under "channels_first".

    Output shape:
        Float tensor of the convolution's output shape, in its compute dtype.

    Reference:
        Jacob et al., Quantization and Training of Neural Networks for Efficient
        Integer-Arithmetic-Only Inference, CVPR 2018, section 3.2,
        https://arxiv.org/abs/1712.05877
    """

    def __init__(
        self,
        convolution: keras.layers.Layer,
        normalization: keras.layers.BatchNormalization,
        **kwargs: Any,
    ) -> None:
        # Not the policy but its compute dtype: under a mixed policy Keras would cast
        # the two layers' variables before they are multiplied here.
        kwargs.setdefault("dtype", convolution.compute_dtype)
        super().__init__(autocast=False, **kwargs)
        self.convolution = convolution
        self.normalization = normalization

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if not self.convolution.built:
            self.convolution.build(input_shape)
        if not self.normalization.built:
            self.normalization.build(self.compute_output_shape(input_shape))
        self.built = True

    def call(self, inputs: Any) -> Any:
        inputs = ops.cast(inputs, self.compute_dtype)
        scale, offset = self._scale_and_offset()
        outputs = self._convolve(inputs, scale)
        shape = [1] * len(outputs.shape)
        shape[self._channel_axis(len(shape))] = -1
        # Keras turns a sum of this form into BiasAdd, which TensorFlow then computes
        # together with the convolution and the ReLU behind it.
        offset = ops.reshape(ops.cast(offset, self.compute_dtype), shape)
        return ops.add(outputs, offset)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return self.convolution.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "convolution": keras.saving.serialize_keras_object(self.convolution),
            "normalization": keras.saving.serialize_keras_object(self.normalization),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "FoldedConvolution":
        parts = {
            key: keras.saving.deserialize_keras_object(config[key])
            for key in ("convolution", "normalization")
        }
        return cls(**{**config, **parts})

    def _scale_and_offset(self) -> tuple[Any, Any]:
        """Return the float32 factor and summand (channels,) of every channel."""
        norm = self.normalization
        mean = ops.cast(norm.moving_mean, "float32")
        variance = ops.cast(norm.moving_variance, "float32")
        scale = ops.rsqrt(variance + norm.epsilon)
        if norm.scale:
            scale = scale * ops.cast(norm.gamma, "float32")
        offset = -mean * scale
        if norm.center:
            offset = offset + ops.cast(norm.beta, "float32")
        if self.convolution.use_bias:
            offset = offset + ops.cast(self.convolution.bias, "float32") * scale
        return scale, offset

    def _convolve(self, inputs: Any, scale: Any) -> Any:
        """Convolve with the kernel whose output channels are scaled."""
        layer = self.convolution
        if isinstance(layer, keras.layers.Conv2D):
            return layer.convolution_op(inputs, self._scaled(layer.kernel, scale))
        settings = {
            "strides": layer.strides,
            "padding": layer.padding,
            "data_format": layer.data_format,
            "dilation_rate": layer.dilation_rate,
        }
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            # (rows, columns, channels, multiplier): output channels are the last two.
            scale = ops.reshape(scale, layer.kernel.shape[-2:])
            kernel = self._scaled(layer.kernel, scale)
            return ops.depthwise_conv(inputs, kernel, **settings)
        depthwise = ops.cast(layer.depthwise_kernel, self.compute_dtype)
        pointwise = self._scaled(layer.pointwise_kernel, scale)
        return ops.separable_conv(inputs, depthwise, pointwise, **settings)

    def _scaled(self, kernel: Any, scale: Any) -> Any:
        return ops.cast(ops.cast(kernel, "float32") * scale, self.compute_dtype)

    def _channel_axis(self, rank: int) -> int:
        return rank - 1 if self.convolution.data_format == "channels_last" else 1
