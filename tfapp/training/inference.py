"""Forward passes outside `fit`."""

import time
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
import tensorflow as tf

from tfapp.data.spec import Dataset
from tfapp.layers.outputs import logits_model
from tfapp.training.speed.folding import fold, strategy_scope

Progress = Callable[[int, int], None]

CHUNK_IMAGES = 256
"""Inputs that several devices get at a time; they sit in memory meanwhile."""

_twins: WeakKeyDictionary[keras.Model, keras.Model] = WeakKeyDictionary()


def predict(
    model: keras.Model, batches: Any, total: int, progress: Progress | None = None
) -> np.ndarray:
    """Return a model's outputs for every example of some batches, in their order.

    Batch normalisation is folded into the convolutions: see `folding.fold`.
    `keras.Model.predict` is used, never `predict_on_batch`: with a model that was
    built under a mirrored strategy the latter answers every example once per replica.

    Args:
        model: any Keras model of one input; of several outputs, "logits" counts.
        batches: tf.data.Dataset of (inputs, labels), or an array of inputs.
        total: number of examples, for the progress.
        progress: called with examples done and examples in all.

    Returns:
        float32 array (examples, ...), whatever the model's precision.
    """
    callbacks = [_Tell(progress, total)] if progress else []
    outputs = _twin(model).predict(batches, verbose=0, callbacks=callbacks)
    return np.asarray(outputs, "float32")


def answers(
    model: keras.Model,
    dataset: Dataset,
    split: str,
    progress: Progress | None = None,
) -> Any:
    """Return a model's answers to every example of a split, in their order.

    Args:
        model: inputs → logits.
        dataset: gives the inputs, and puts their answers together if need be.
        split: whose examples.
        progress: called with inputs done and inputs in all.

    Returns:
        float32 array (examples, ...) where every example is one input, else an
        iterator over float32 arrays, one per example, whose shapes may differ.
    """
    examples = dataset.examples[split]
    total = dataset.num_inputs(examples, False)
    batches = dataset.batches(split)
    if dataset.join is None:
        return predict(model, batches, total, progress)
    return dataset.join(examples, _told(stream(model, batches), total, progress))


def _told(
    pieces: Iterator[np.ndarray], total: int, progress: Progress | None
) -> Iterator[np.ndarray]:
    """Yield arrays in float32, and tell how many of their rows are done."""
    done = 0
    for piece in pieces:
        yield piece.astype("float32")
        done += len(piece)
        if progress is not None:
            progress(done, total)


def stream(model: keras.Model, batches: Any) -> Iterator[np.ndarray]:
    """Yield a model's outputs piece by piece, so that they need not fit in memory.

    Args:
        model: as for `predict`, and folded as there.
        batches: tf.data.Dataset of (inputs, labels); only the last may be smaller.

    Yields:
        Arrays (some examples, ...) of the model's output dtype, in the order of the
        examples.
    """
    twin = _twin(model)
    strategy = getattr(model, "distribute_strategy", None)
    if strategy is not None and strategy.num_replicas_in_sync > 1:
        yield from _stream_chunks(twin, batches)
        return
    size = 0
    for inputs, _ in batches:
        count = inputs.shape[0]
        size = max(size, count)
        # A smaller last batch is filled up: another shape would compile anew.
        full = tf.concat([inputs, tf.repeat(inputs[-1:], size - count, axis=0)], 0)
        native = full if keras.backend.backend() == "tensorflow" else full.numpy()
        yield np.asarray(twin.predict_on_batch(native))[:count]


def _stream_chunks(model: keras.Model, batches: Any) -> Iterator[np.ndarray]:
    for inputs, _ in batches.unbatch().batch(CHUNK_IMAGES).as_numpy_iterator():
        yield np.asarray(model.predict(inputs, verbose=0))


def seconds_per_image(model: keras.Model, batch_size: int) -> float:
    """Time one batch of blank images through a model, its tracing left out.

    Args:
        model: images (batch, height, width, channels) → anything; folded as in
            `predict`.
        batch_size: images in the timed batch.
    """
    model = _twin(model)
    images = np.zeros((batch_size, *model.input_shape[1:]), "float32")
    model.predict_on_batch(images)
    began = time.monotonic()
    model.predict_on_batch(images)
    return (time.monotonic() - began) / batch_size


def _twin(model: keras.Model) -> keras.Model:
    """Return the folded twin of a model, made once, since its graph is kept with it.

    In inference a batch normalisation computes the same whether it is frozen or not,
    so a twin stays right whatever is frozen or thawed later.
    """
    if model not in _twins:
        with strategy_scope(model):
            answering = logits_model(model)
        twin = fold(answering, inference=True)
        if twin is model:
            return model
        _twins[model] = twin
    return _twins[model]


class _Tell(keras.callbacks.Callback):
    """Tells how many examples are done, by the rows of the outputs."""

    def __init__(self, progress: Progress, total: int) -> None:
        super().__init__()
        self.progress = progress
        self.total = total
        self.done = 0

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self.done += len((logs or {}).get("outputs", ()))
        self.progress(self.done, self.total)
