"""The chapter of a report on what a network's capsules draw, and how they route."""

from collections.abc import Sequence

import keras
import numpy as np
from matplotlib.figure import Figure

from tfapp.data.spec import Dataset, Example, Pass
from tfapp.domains.images.capsules.explanation.parts import (
    CapsuleParts,
    capsule_parts,
    has_capsules,
)
from tfapp.domains.images.capsules.explanation.perturbation import (
    STEPS,
    perturbed,
    tiled,
)
from tfapp.domains.images.capsules.explanation.routing import entropies, table
from tfapp.domains.images.explanation.overlay import enlarged, to_jpeg
from tfapp.domains.images.thumbnails import SIZE
from tfapp.report.blocks import Block, Gallery, Picture, Section, Tile
from tfapp.report.style import look, new_figure, to_svg
from tfapp.report.wording import shorten

TITLE = "Inside the capsules"
DRAWN = "Test pictures, and what is drawn of their class"
MOST_CLASSES = 10


def capsule_sections(model: keras.Model, dataset: Dataset) -> tuple[Section, ...]:
    """Return the chapter of a capsule network, () for any other network.

    Args:
        model: with all its outputs.
        dataset: whose first test example of each class is shown.
    """
    if not has_capsules(model):
        return ()
    parts = capsule_parts(model)
    examples = _one_of_each(dataset)
    images = np.concatenate(
        [batch for batch, _ in dataset.batches(examples, Pass()).as_numpy_iterator()]
    )
    index = dataset.info.labels.index(examples[0].target)
    blocks = [_routing(parts, images)]
    if parts.decoder is not None:
        classes = [dataset.info.labels.index(e.target) for e in examples]
        capsules = parts.capsules(images)
        drawn = parts.draw(capsules, np.array(classes))
        blocks = [
            drawings(DRAWN, images, drawn, examples),
            _perturbations(parts, capsules[0], index, examples[0].target),
            *blocks,
        ]
    lead = "What the capsules of the classes remember of a picture, and who feeds them."
    return (Section(TITLE, lead, tuple(blocks)),)


def _one_of_each(dataset: Dataset) -> tuple[Example, ...]:
    test_examples = dataset.examples["test"]
    firsts = {e.target: e for e in reversed(test_examples)}
    labels = [name for name in dataset.info.labels if name in firsts]
    return tuple(firsts[name] for name in labels[:MOST_CLASSES])


def drawings(
    title: str, images: np.ndarray, drawn: np.ndarray, examples: Sequence[Example]
) -> Gallery:
    """Show each picture next to the decoder's drawing of its class.

    Args:
        title: of the gallery.
        images: float (examples, height, width, channels) in [0, 255].
        drawn: uint8, of the same shape.
        examples: whose pictures they are.
    """
    tiles = []
    for image, drawing, example in zip(images, drawn, examples, strict=True):
        pixels = np.clip(np.rint(image), 0, 255).astype(np.uint8)
        tiles.append(
            Tile(
                to_jpeg(enlarged(pixels), SIZE),
                "image/jpeg",
                shorten(example.target, 24),
                further=(to_jpeg(enlarged(drawing), SIZE),),
            )
        )
    return Gallery(title, tuple(tiles))


def _perturbations(
    parts: CapsuleParts, capsules: np.ndarray, index: int, label: str
) -> Block:
    """Show what each number of one capsule does to its drawing."""
    drawn = perturbed(parts, capsules, index).swapaxes(0, 1)
    steps, dims = drawn.shape[:2]
    with look():
        figure = new_figure(6.8, 6.8 * steps / dims + 0.5)
        axes = figure.subplots()
        axes.imshow(
            tiled(drawn), extent=(0.5, dims + 0.5, steps - 0.5, -0.5), aspect="auto"
        )
        axes.set_xticks(range(1, dims + 1))
        axes.set_yticks(range(0, steps, 5), [f"{s:+.2f}" for s in STEPS[::5]])
        axes.set(xlabel="Number of the capsule", ylabel="Added to it")
    return Picture(
        to_svg(figure),
        f"Grid of drawings of {shorten(label, 24)}, one number of its capsule changed "
        "in each column",
        f"Drawn of one {shorten(label, 24)} of the test, a number of its capsule "
        "changed step by step.",
    )


def _routing(parts: CapsuleParts, images: np.ndarray) -> Block:
    """Show the coefficients of one picture and their mean entropy, by round."""
    rounds = parts.couplings(images)
    nats = [float(entropies(shares).mean()) for shares in rounds]
    entropies_text = ", ".join(f"{value:.2f}" for value in nats)
    most = np.log(rounds[0].shape[1])
    return Picture(
        to_svg(_tables(rounds)),
        f"Routing coefficients of {len(rounds)} rounds",
        f"Routing coefficients of the first of these pictures, a row per class and a "
        f"column per capsule below, from purple (0) to yellow (1). Mean entropy by "
        f"round: {entropies_text} nats; {most:.2f} if nothing were decided.",
    )


def _tables(rounds: Sequence[np.ndarray]) -> Figure:
    with look():
        figure = new_figure(6.8, 1.9)
        panels = figure.subplots(1, len(rounds), squeeze=False)[0]
        for number, (axes, shares) in enumerate(zip(panels, rounds, strict=True), 1):
            axes.imshow(table(shares[0]), aspect="auto")
            axes.set_axis_off()
            axes.set_title(f"Round {number}")
    return figure
