"""Examples of classes, and sources from which a classifier can learn."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from tfapp.base.errors import DataError
from tfapp.base.names import composed, spelled_alike
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.scan import Usable
from tfapp.data.spec import Example
from tfapp.data.split import split_examples


def labelled(name: str, label: str, split: str = "", group: str = "") -> Example:
    """Return an example of a class: splits keep classes in proportion.

    The name of the class is in Unicode's form NFC, in which names are compared.
    """
    label = composed(label)
    return Example(name, split, stratum=label, group=group, target=label)


def one_spelling(
    examples: Iterable[Example], known: Collection[str] = ()
) -> tuple[Example, ...]:
    """Return the examples with classes spelled as in training, where only one is meant.

    Args:
        examples: of any splits.
        known: classes of a trained model; () for those of the training examples.
    """
    examples = tuple(examples)
    trained = known or {e.stratum for e in examples if e.split in ("", "train")}
    meant = spelled_alike((e.stratum for e in examples), trained)
    return tuple(
        replace(e, stratum=meant[e.stratum], target=meant[e.stratum])
        if e.stratum in meant
        else e
        for e in examples
    )


def require_classes(
    name: str, class_names: tuple[str, ...], contents: str, context: LoadContext
) -> None:
    """Refuse a source from which nothing can be learned, and names of no one line.

    Args:
        name: of the source, for the errors.
        class_names: that occur in it.
        contents: what else is in it, for the errors.
        context: a trained model may be tested on a single class.

    Raises:
        DataError: for too few classes, and for a class name that is empty or has a
            line break: labels.txt of the export holds one name per line.
    """
    if broken := [n for n in class_names if len(n.splitlines()) != 1]:
        raise DataError(
            f"{name}: the class name {broken[0]!r} is not one line of text. Rename "
            "the class."
        )
    if not class_names:
        raise DataError(
            f"{name} holds no labelled example ({contents}). Expected two "
            "classes or more."
        )
    if len(class_names) == 1 and not context.labels:
        raise DataError(
            f"{name} holds the single class {class_names[0]!r} ({contents}). Expected "
            "at least two classes; add examples of another class."
        )


def require_training_classes(name: str, examples: tuple[Example, ...]) -> None:
    """Refuse classes that other splits hold and training does not.

    Raises:
        DataError: naming the classes.
    """
    trained = {e.stratum for e in examples if e.split in ("", "train")}
    splits = {e.stratum: e.split for e in examples if e.split not in ("", "train")}
    if missing := sorted(set(splits) - trained):
        raise DataError(
            f"{name}: classes {missing} occur in {splits[missing[0]]} but not in "
            f"train. Expected the classes of train, {sorted(trained)}; rename or "
            "add them."
        )


def split_classes(
    source: Source, usable: Usable, context: LoadContext, noun: str
) -> tuple[Example, ...]:
    """Return the usable examples of a source, each with its split.

    Args:
        source: lists examples and classes.
        usable: examples to learn from or to test on.
        context: recipe, seed, and the classes of a trained model that is tested.
        noun: what one example is, such as "text", for the errors.

    Raises:
        DataError: if a class is left without training examples, a model that is to be
            tested does not know one, or the data differs from the split file.
    """
    known = context.labels
    if known and (unknown := sorted(set(source.labels) - set(known))):
        raise DataError(
            f"{source.name} has the classes {unknown}, which the model does not know. "
            f"Expected some of {list(known)}; rename or remove them."
        )
    examples = split_examples(source, usable, context)
    trained = {e.target for e in examples if e.split == "train"}
    missing = [name for name in source.labels if name not in trained]
    if missing and not known:
        raise DataError(
            f"{source.name}: classes {missing} have no usable training {noun}. "
            f"Expected at least one; see `tfapp check`, add {noun}s or remove the "
            "class."
        )
    return examples
