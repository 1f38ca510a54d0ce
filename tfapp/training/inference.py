"""Forward passes outside `fit`."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
import tensorflow as tf

from tfapp.data.spec import Dataset, Pass
from tfapp.layers.outputs import extractor_of, logits_model
from tfapp.training.speed.folding import fold, strategy_scope
from tfapp.training.trees import differ_in_length, filled, num_rows
from tfapp.training.workers import WorkersStrategy

Progress = Callable[[int, int], None]

CHUNK_ROWS = 256
"""Inputs that several devices get at a time; they sit in memory meanwhile."""

_functions: WeakKeyDictionary[keras.Model, Any] = WeakKeyDictionary()
_twins: WeakKeyDictionary[keras.Model, keras.Model] = WeakKeyDictionary()


def predict(
    model: keras.Model, batches: Any, total: int, progress: Progress | None = None
) -> np.ndarray:
    """Return a model's outputs for every example of some batches, in their order.

    Batch normalisation is folded into the convolutions: see `folding.fold`.
    `keras.Model.predict` is used, never `predict_on_batch`: with a model that was
    built under a mirrored strategy the latter answers every example once per replica.

    Args:
        model: any Keras model; of several outputs, "logits" counts.
        batches: tf.data.Dataset of (inputs, targets), or a tree of input arrays.
        total: number of examples, for the progress.
        progress: called with examples done and examples in all.

    Returns:
        float32 array (examples, ...), whatever the model's precision. All outputs
        must have one shape.
    """
    if _is_a_workers(model):
        return _predicted_here(model, batches, total, progress)
    callbacks = [_Tell(progress, total)] if progress else []
    outputs = _twin(model).predict(batches, verbose=0, callbacks=callbacks)
    return np.asarray(outputs, "float32")


def _predicted_here(
    model: keras.Model, batches: Any, total: int, progress: Progress | None
) -> np.ndarray:
    """Compute in this process alone; see `predict`."""
    if not isinstance(batches, tf.data.Dataset):
        rows = tf.data.Dataset.from_tensor_slices((batches,))
        batches = rows.batch(CHUNK_ROWS)
    pieces = list(_counted(stream(model, batches), total, progress))
    empty = np.zeros((0, *model.outputs[0].shape[1:]), "float32")
    return np.concatenate(pieces) if pieces else empty


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
        float32 array (examples, ...) where all answers have one shape, else an
        iterator over float32 arrays, one per example. Where inputs were padded, so
        are the answers, to the longest of their batch.
    """
    examples = dataset.examples[split]
    total = dataset.count(examples, False)
    batches = dataset.batches(examples, Pass())
    if have_one_shape(dataset):
        return predict(model, batches, total, progress)
    pieces = _counted(stream(model, batches), total, progress)
    if dataset.joined is None:
        return (row for piece in pieces for row in piece)
    return dataset.joined(examples, pieces)


def features_at(
    model: keras.Model, dataset: Dataset, split: str, places: Sequence[int]
) -> Any:
    """Return what a network's head gets for some examples of a split.

    Args:
        model: one with an `extractor` and a `head`.
        dataset: gives the inputs.
        split: whose examples.
        places: of them in the split.

    Returns:
        float32 array (places, dims); None if the network has no such part.
    """
    extractor = extractor_of(model)
    if extractor is None or not have_one_shape(dataset):
        return None
    examples = [dataset.examples[split][place] for place in places]
    batches = dataset.batches(examples, Pass())
    return predict(extractor, batches, len(examples))


def have_one_shape(dataset: Dataset) -> bool:
    """Say whether the answers to all examples fit into one array."""
    return dataset.joined is None and None not in dataset.info.target_shape


def _counted(
    pieces: Iterator[np.ndarray], total: int, progress: Progress | None
) -> Iterator[np.ndarray]:
    """Yield arrays in float32, and report how many of their rows are done."""
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
        batches: tf.data.Dataset of (inputs, targets), each a tensor or a dict of
            tensors; only the last may have fewer examples.

    Yields:
        Arrays (some examples, ...) of the model's output dtype, in the order of the
        examples. Where inputs differ in length, so may the arrays of two batches.
    """
    twin = _twin(model)
    strategy = getattr(model, "distribute_strategy", None)
    compute = twin.predict_on_batch
    if _is_a_workers(model):
        compute = _computed_here(twin)
    elif strategy is not None and strategy.num_replicas_in_sync > 1:
        yield from _stream_chunks(twin, batches)
        return
    size = 0
    for inputs, *_ in batches:
        count = num_rows(inputs)
        size = max(size, count)
        # A smaller last batch is filled up: another shape would compile anew.
        full = filled(inputs, size)
        if keras.backend.backend() != "tensorflow":
            full = tf.nest.map_structure(np.asarray, full)
        yield np.asarray(compute(full))[:count]


def _is_a_workers(model: keras.Model) -> bool:
    """Say whether a model is that of one of several workers.

    Keras would make all of them compute together, and wait for those that do not.
    """
    strategy = getattr(model, "distribute_strategy", None)
    return isinstance(strategy, WorkersStrategy)


def _computed_here(model: keras.Model) -> Callable[[Any], Any]:
    """Return a model's function that computes in this process alone, traced once."""
    if model not in _functions:

        @tf.autograph.experimental.do_not_convert
        def compute(inputs: Any) -> Any:
            return model(inputs, training=False)

        _functions[model] = tf.function(compute, reduce_retracing=True)
    return _functions[model]


def _stream_chunks(model: keras.Model, batches: Any) -> Iterator[np.ndarray]:
    if not differ_in_length(batches.element_spec[0]):
        batches = batches.unbatch().batch(CHUNK_ROWS)
    for inputs, *_ in batches.as_numpy_iterator():
        yield np.asarray(model.predict(inputs, verbose=0))


def seconds_per_input(model: keras.Model, inputs: Any) -> float:
    """Time one batch through a model, its tracing left out.

    Args:
        model: inputs → anything; folded as in `predict`.
        inputs: a batch, as an array or a dict of arrays.

    Returns:
        The seconds that one of the inputs takes.
    """
    compute = _twin(model).predict_on_batch
    if _is_a_workers(model):
        compute = _computed_here(_twin(model))
    compute(inputs)
    began = time.monotonic()
    compute(inputs)
    return (time.monotonic() - began) / num_rows(inputs)


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
