"""Batch normalisation that learns, computed by TensorFlow's fused operation."""

from typing import Any

import keras
import tensorflow as tf

from tfapp.training.speed.folding import is_functional, strategy_scope


def fuse(model: keras.Model) -> keras.Model:
    """Return a twin of a model whose batch normalisations train in one operation.

    Keras computes a batch normalisation from its parts: under a mixed policy a cast,
    two moments and five elementwise operations, and all their gradients, each of
    which reads and writes the whole tensor. TensorFlow's one operation takes bfloat16
    as it is. All variables are the model's own: training the twin trains the model.

    Args:
        model: functional keras.Model; any other is returned as it is. Models inside
            it are rewritten too. What is frozen is read now.

    Returns:
        keras.Model of the same inputs and outputs, not compiled; `model` itself if
        it has no batch normalisation that learns, or on another backend, where
        compilers fuse by themselves.
    """
    if keras.backend.backend() != "tensorflow":
        return model
    return _twin(model, {})


def _twin(model: keras.Model, twins: dict[int, keras.Model]) -> keras.Model:
    if not is_functional(model):
        return model
    if id(model) not in twins:
        twins[id(model)] = _build_twin(model, twins)
    return twins[id(model)]


def _build_twin(model: keras.Model, twins: dict[int, keras.Model]) -> keras.Model:
    replaced: dict[int, Any] = {}
    for layer in model.layers:
        if is_functional(layer):
            twin = _twin(layer, twins)
        else:
            twin = FusedNormalization(layer) if _fits(layer) else layer
        if twin is not layer:
            replaced[id(layer)] = twin
    if not replaced:
        return model
    with strategy_scope(model):
        # Keras would compile the twin of a compiled model; this one is not.
        plain = keras.Model(model.input, model.output, name=model.name)
        twin = keras.models.clone_model(
            plain, clone_function=lambda layer: replaced.get(id(layer), layer)
        )
    twin.dtype_policy = model.dtype_policy
    return twin


def _fits(layer: Any) -> bool:
    """Say whether a layer is a batch normalisation that the operation can compute."""
    return (
        type(layer) is keras.layers.BatchNormalization
        and layer.trainable
        and layer.scale
        and layer.center
        and not layer.renorm
        and not layer.synchronized
        and isinstance(layer.axis, int)
        and len(layer.input.shape) == 4
        and layer.axis in (-1, 3)
    )


class FusedNormalization(keras.layers.Layer):
    """A batch normalisation of another layer's variables, in one operation.

    Args:
        normalization: built; over the last axis of images.

    Input shape:
        Float tensor (batch, height, width, channels).

    Output shape:
        The same, in the compute dtype of `normalization`. The running statistics are
        moved as Keras moves them, by the variance of the batch itself and not, as
        the operation has it, by an estimate of that of all images.
    """

    def __init__(self, normalization: keras.layers.BatchNormalization) -> None:
        super().__init__(name=normalization.name, dtype=normalization.dtype_policy)
        self.normalization = normalization
        self.built = True

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise images; see the class. Images have no mask."""
        layer = self.normalization
        if not training:
            return layer(inputs, training=False)
        images = tf.cast(inputs, layer.compute_dtype)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=images,
            scale=tf.cast(layer.gamma.value, tf.float32),
            offset=tf.cast(layer.beta.value, tf.float32),
            mean=tf.zeros([0]),
            variance=tf.zeros([0]),
            epsilon=layer.epsilon,
            is_training=True,
        )
        count = tf.cast(tf.size(images) // tf.shape(images)[-1], tf.float32)
        self._move(layer.moving_mean, mean)
        self._move(layer.moving_variance, variance * (1.0 - 1.0 / count))
        return outputs

    def _move(self, statistic: Any, value: Any) -> None:
        momentum = self.normalization.momentum
        statistic.assign(statistic * momentum + value * (1.0 - momentum))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input."""
        return input_shape
