"""What every kind of data offers to training, evaluation and export."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tfapp.base.errors import ConfigError

if TYPE_CHECKING:  # the command line reads this file, and starts without NumPy
    import numpy as np

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled example; its content stays where it is until it is needed.

    Args:
        path: file path, or a name such as "digits/0012" when there is no file.
        label: class name; where a file holds the answer, the hash of its content.
        split: "train", "validation", "test", or "" while not yet decided.
        group: examples of one group never lie in two splits; "" for none.
        content_hash: hash of the decoded content, "" before the scan.
        target: path or name of the file that holds the answer, "" for none.
    """

    path: str
    label: str
    split: str = ""
    group: str = ""
    content_hash: str = ""
    target: str = ""


@dataclass(frozen=True)
class DataInfo:
    """What a model and an export need to know about the data.

    Args:
        input_shape: shape of one model input, without the batch axis.
        class_names: names in the order of the model's outputs.
        fingerprint: hash over every used example's content, label and split.
        answer_shape: (height, width) of the part of an input whose pixels each get
            an answer; () where an input gets one.
    """

    input_shape: tuple[int, ...]
    class_names: tuple[str, ...]
    fingerprint: str
    answer_shape: tuple[int, ...] = ()

    @property
    def num_outputs(self) -> int:
        """Number of outputs of a classifier: one logit per class."""
        return len(self.class_names)


def one_input_each(examples: Sequence[Example], augment: bool) -> int:
    """Return the number of inputs of a pass in which every example is one."""
    return len(examples)


class Preprocess(Protocol):
    """Raw input to model input; the same object serves training and the export."""

    def __call__(self, encoded: Any) -> Any:
        """Turn one raw example (scalar string tensor) into one model input."""

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description, recorded in the artefact."""


class MakeBatches(Protocol):
    """Builds the tf.data pipeline of a list of examples."""

    def __call__(
        self,
        examples: tuple[Example, ...],
        *,
        shuffle: bool,
        augment: bool,
        seed: int,
        epoch: int = 0,
        skip: int = 0,
    ) -> Any:
        """Return a tf.data.Dataset of (inputs, one-hot labels) batches.

        Augmented batches may have a third part, the weights of the answers.
        """


Join = Callable[[Sequence[Example], Iterator["np.ndarray"]], Iterator["np.ndarray"]]
"""Examples and what a model answers to their inputs, to one answer per example."""


@dataclass(frozen=True)
class Dataset:
    """Examples in three splits, and the way to read them.

    Args:
        info: shapes, class names and fingerprint.
        examples: the examples of each split, in a fixed order.
        preprocess: raw input to model input, shared with the export.
        make_batches: builds the input pipeline; see `batches`.
        read: returns the raw bytes of one example.
        notes: lines worth telling the user (cache chosen, files left out, …).
        augmentation: JSON-ready description of the augmentation, {} for none.
        join: puts the answers to an example's inputs together; None where every
            example is one input.
        num_inputs: number of inputs that one pass makes of examples, by whether it
            is augmented.
    """

    info: DataInfo
    examples: Mapping[str, tuple[Example, ...]]
    preprocess: Preprocess
    make_batches: MakeBatches
    read: Callable[[Example], bytes]
    notes: tuple[str, ...] = ()
    augmentation: Mapping[str, Any] = field(default_factory=dict)
    join: Join | None = None
    num_inputs: Callable[[Sequence[Example], bool], int] = one_input_each

    def batches(
        self,
        split: str,
        *,
        shuffle: bool = False,
        augment: bool = False,
        seed: int = 0,
        epoch: int = 0,
        skip: int = 0,
    ) -> Any:
        """Return the batches of one split, one pass over it.

        What comes is a function of the arguments alone: asking or iterating again
        gives the same batches, to the bit, wherever the pass begins.

        Args:
            split: "train", "validation" or "test".
            shuffle: an order of its own in every epoch; without it, the order of
                `examples`.
            augment: apply the recipe's augmentation.
            seed: of the order and of the augmentation.
            epoch: number of the pass, from 0; another one has another order and
                other changes.
            skip: batches left out at the beginning, at no cost.

        Returns:
            tf.data.Dataset of (inputs, labels): for images, float tensor
            (batch, height, width, channels) in [0, 255] and one-hot float tensor
            (batch, num_classes). The last batch may be smaller.
        """
        return self.make_batches(
            self.examples[split],
            shuffle=shuffle,
            augment=augment,
            seed=seed,
            epoch=epoch,
            skip=skip,
        )

    def labels(self, split: str) -> "np.ndarray":
        """Return int64 class indices (examples,) in the order of `examples`."""
        import numpy as np

        index = {name: i for i, name in enumerate(self.info.class_names)}
        return np.array([index[e.label] for e in self.examples[split]], dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class MaskDataset(Dataset):
    """Images of any size with a class for every pixel.

    Args:
        truth: returns the class index of every pixel of an example, uint8 (height,
            width).
        mask_values: what masks hold for each class, in the order of the classes.
    """

    truth: Callable[[Example], "np.ndarray"]
    mask_values: tuple[int, ...]

    def labels(self, split: str) -> "np.ndarray":
        """Refuse: masks have no one label.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(
            f"Examples of {split!r} have a class for every pixel, and no label of "
            'their own. Set task = "image_segmentation".'
        )
