"""Sections of a report with strips of pictures: a turning volume, a clip's frames."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from tfapp.data.spec import Dataset, Example
from tfapp.problems.classification.results import ClassAnswers
from tfapp.problems.classification.scores import top_losses
from tfapp.problems.classification.sections import classification_sections
from tfapp.report.blocks import Picture, Section
from tfapp.report.style import look, new_figure, to_svg
from tfapp.report.wording import drawable, percent
from tfapp.tasks.results import Results

MISTAKES, CLASSES = 8, 12
"""That are drawn."""

Shown = Callable[[Dataset, Example], np.ndarray]
"""An example → its pictures, float array (pictures, height, width) in [0, 1]."""


def strip_sections(
    shown: Shown, how: str, results: Results, dataset: Dataset, model: Any
) -> tuple[Section, ...]:
    """Return the sections on figures, on mistakes, and on the data.

    Args:
        shown: what is drawn of an example.
        how: a strip is to be read, in a sentence.
        results: as `evaluate_classifier` returns.
        dataset: gives the examples.
        model: of no use here.
    """
    del model
    return (
        *classification_sections(results),
        *_mistakes(shown, how, results, dataset),
        *_sample(shown, how, results.metric.examples, dataset),
    )


def strips(rows: Sequence[np.ndarray], names: Sequence[str]) -> Figure:
    """Draw rows of pictures below each other, each with its name.

    Args:
        rows: float arrays (pictures, height, width), in [0, 1].
        names: what stands next to each.
    """
    with look():
        figure = new_figure(7.2, 0.95 * len(rows))
        places: Any = figure.subplots(len(rows), 1, squeeze=False)
        for axes, row, name in zip(places[:, 0], rows, names, strict=True):
            strip = np.concatenate([*row], axis=1)
            axes.imshow(strip, cmap="magma", vmin=0, vmax=1, interpolation="nearest")
            axes.set_xticks([])
            axes.set_yticks([])
            axes.grid(False)
            axes.spines[:].set_visible(False)
            axes.set_ylabel(drawable(name, 28), rotation=0, ha="right", va="center")
    return figure


def _mistakes(
    shown: Shown, how: str, results: Results, dataset: Dataset
) -> Iterator[Section]:
    """Yield the most confident wrong answers, if there are any."""
    answers: ClassAnswers = results.evidence
    worst = top_losses(answers.labels, answers.probabilities, MISTAKES)
    if not len(worst):
        return
    examples = [dataset.examples["test"][i] for i in worst]
    taken = [answers.class_names[answers.probabilities[i].argmax()] for i in worst]
    named = "; ".join(
        f"{e.target}, taken for {name} with {percent(answers.confidence[i])}: {e.name}"
        for e, name, i in zip(examples, taken, worst, strict=True)
    )
    names = [f"{e.target} → {name}" for e, name in zip(examples, taken, strict=True)]
    rows = [shown(dataset, e) for e in examples]
    lead = f"The {len(worst)} wrong answers of most confidence, the first one on top."
    picture = _picture(rows, names, f"{how} From the top: {named}.")
    yield Section("Most certain mistakes", lead, (picture,))


def _sample(shown: Shown, how: str, noun: str, dataset: Dataset) -> Iterator[Section]:
    """Yield a training example of each class."""
    first: dict[str, Example] = {}
    for example in dataset.examples["train"]:
        first.setdefault(example.target, example)
    chosen = [first[name] for name in dataset.info.labels if name in first][:CLASSES]
    if chosen:
        rows = [shown(dataset, e) for e in chosen]
        picture = _picture(rows, [e.target for e in chosen], how)
        lead = f"One of the training {noun} of each class."
        yield Section("Sample of the data", lead, (picture,))


def _picture(rows: Sequence[np.ndarray], names: Sequence[str], how: str) -> Picture:
    return Picture(to_svg(strips(rows, names)), f"Strips of {', '.join(names)}.", how)
