"""What every kind of data offers to training, evaluation and export."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # the command line reads this file, and starts without NumPy
    import numpy as np

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled example; its content stays where it is until it is needed.

    Args:
        path: file path, or a name such as "digits/0012" when there is no file.
        label: class name.
        split: "train", "validation", "test", or "" while not yet decided.
        group: examples of one group never lie in two splits; "" for none.
        content_hash: hash of the decoded content, "" before the scan.
    """

    path: str
    label: str
    split: str = ""
    group: str = ""
    content_hash: str = ""


@dataclass(frozen=True)
class DataInfo:
    """What a model and an export need to know about the data.

    Args:
        input_shape: shape of one model input, without the batch axis.
        class_names: names in the order of the model's outputs.
        fingerprint: hash over every used example's content, label and split.
    """

    input_shape: tuple[int, ...]
    class_names: tuple[str, ...]
    fingerprint: str

    @property
    def num_outputs(self) -> int:
        """Number of outputs of a classifier: one logit per class."""
        return len(self.class_names)


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
        """Return a tf.data.Dataset of (inputs, one-hot labels) batches."""


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
    """

    info: DataInfo
    examples: Mapping[str, tuple[Example, ...]]
    preprocess: Preprocess
    make_batches: MakeBatches
    read: Callable[[Example], bytes]
    notes: tuple[str, ...] = ()
    augmentation: Mapping[str, Any] = field(default_factory=dict)

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
