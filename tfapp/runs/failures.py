"""Misfortunes in the middle of a run: images that vanish, memory that is full."""

from collections.abc import Iterator
from contextlib import contextmanager

from tfapp.base.errors import TfappError, TrainingError
from tfapp.data.spec import Dataset
from tfapp.machine.cluster import team


@contextmanager
def reading(dataset: Dataset) -> Iterator[None]:
    """Make TensorFlow's error on an unreadable image one clear line.

    Args:
        dataset: that gives the images.

    Raises:
        DataError: naming the file; any other error stays what it is.
        TrainingError: if the device's memory is full.
        TfappError: if another worker is gone.
    """
    import tensorflow as tf

    from tfapp.data.reading_errors import data_error

    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise TrainingError(
            "The device's memory is full. Set a smaller data.batch_size, smaller "
            "images, or runtime.precision = 'mixed_bfloat16'."
        ) from error
    except tf.errors.OpError as error:
        examples = [e for split in dataset.examples.values() for e in split]
        if failure := data_error(error, dataset, examples):
            raise failure from error
        if reason := team().failure():
            raise TfappError(reason) from error
        raise
