"""How networks that draw are judged and shown, whatever style they were given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tfapp.data.spec import Dataset, Pass
from tfapp.domains.images.gallery_sections import tile
from tfapp.domains.images.shapes import INPUT
from tfapp.domains.images.style import pictures
from tfapp.domains.images.views import NAME
from tfapp.report.blocks import Fact, Gallery, Table, Tile
from tfapp.tasks.results import Baseline, PrimaryMetric, Quantity, Results
from tfapp.tasks.scores import example_keys
from tfapp.tasks.spec import Outputs
from tfapp.tasks.watching import Glance, Item, View, share_of

METRIC = PrimaryMetric(
    "drawing_loss",
    "Loss of the drawing",
    "loss",
    bounds=(0.0, float("inf")),
    better="lower",
    others=(
        Quantity("style_loss", "Style loss", "style"),
        Quantity("content_loss", "Content loss", "content"),
    ),
    examples="pictures",
)
NAMES = ("drawing_loss", "style_loss", "content_loss")
SHOWN = 8
"""Test pictures on the page."""

Inputs = Any
"""Contents, float (batch, height, width, 3) in [0, 255]; or with them as "image" in a
dict that holds styles too."""
Losses = Callable[[Inputs, np.ndarray], np.ndarray]
"""Inputs and what was drawn of them → loss, style and content, float (batch, 3)."""


def contents_of(inputs: Inputs) -> np.ndarray:
    """Return the contents among the inputs of a network."""
    return np.asarray(inputs[INPUT] if isinstance(inputs, Mapping) else inputs)


def judged(
    losses: Losses,
    outputs: Outputs,
    dataset: Dataset,
    simple: Mapping[str, Callable[[Inputs], np.ndarray]],
) -> Results:
    """Return the losses of the test pictures, next to those of simple methods.

    Args:
        losses: of drawn pictures.
        outputs: of the network.
        dataset: gives the pictures.
        simple: name → what draws without a network. The first is the one next to which
            the style loss is shown.
    """
    drawn, place = np.clip(np.asarray(outputs("test")), 0.0, 255.0), 0  # as exports do
    rows: list[np.ndarray] = []
    others: dict[str, list[np.ndarray]] = {name: [] for name in simple}
    evidence: list[tuple[Any, np.ndarray]] = []
    for inputs, *_ in dataset.batches(dataset.examples["test"], Pass()):
        count = len(contents_of(inputs))
        mine = drawn[place : place + count]
        rows.append(losses(inputs, mine))
        for name, method in simple.items():
            others[name].append(losses(inputs, method(inputs)))
        evidence += [*zip(_shown(inputs), mine, strict=True)][: SHOWN - len(evidence)]
        place += count
    each = np.concatenate(rows)
    figures = _means(rows)
    plain = {name: _means(parts) for name, parts in others.items()}
    before = next(iter(plain.values()))["style_loss"]
    return Results(
        metric=METRIC,
        figures=figures,
        calibration={},
        scores=_scores(dataset, each),
        headline=(
            Fact("Loss of the drawing", f"{figures['drawing_loss']:.4f}"),
            Fact("Style loss", f"{figures['style_loss']:.4f}", f"{before:.4f} before"),
            Fact("Content loss", f"{figures['content_loss']:.4f}"),
        ),
        baselines=tuple(
            Baseline(name, means.pop("drawing_loss"), others=means)
            for name, means in plain.items()
        ),
        evidence=evidence,
    )


def _shown(inputs: Inputs) -> list[tuple[np.ndarray, ...]]:
    """Return the pictures of each input: the content, and its style if it has one."""
    if not isinstance(inputs, Mapping):
        return [(content,) for content in np.asarray(inputs)]
    return [*zip(*(np.asarray(values) for values in inputs.values()), strict=True)]


def _means(rows: Sequence[np.ndarray]) -> dict[str, float]:
    means = np.concatenate(rows).mean(axis=0)
    return dict(zip(NAMES, map(float, means), strict=True))


def _scores(dataset: Dataset, losses: np.ndarray) -> Table:
    examples = dataset.examples["test"]
    keys = example_keys(examples)
    rows = tuple(
        (key, example.name, f"{row[0]:.9g}", f"{row[1]:.6g}", f"{row[2]:.6g}")
        for key, example, row in zip(keys, examples, losses, strict=True)
    )
    header = ("key", "name", "score", "style", "content")
    return Table(header, rows, "Losses of every test picture")


def drawn_gallery(results: Results) -> Gallery:
    """Return the drawn test pictures, each next to what it was drawn from."""
    tiles = [
        Tile(
            picture_bytes(drawn),
            "image/jpeg",
            "",
            further=tuple(map(picture_bytes, given)),
        )
        for given, drawn in results.evidence
    ]
    return Gallery("Drawn", tuple(tiles))


def drawing_views(glance: Glance) -> tuple[View, ...]:
    """Show a few validation pictures, each next to what is drawn of it now."""

    def draw() -> Mapping[str, Item]:
        examples = glance.some(SHOWN)
        pairs = zip(examples, glance.answers(examples), strict=True)
        tiles = (
            replace(tile(glance.dataset, e, ""), further=(picture_bytes(drawn),))
            for e, drawn in pairs
        )
        return {NAME: Gallery("Picture, drawn", tuple(tiles))}

    return (View(NAME, draw, share_of(glance, SHOWN)),)


def picture_bytes(pixels: np.ndarray) -> bytes:
    """Return a picture in [0, 255] as a small JPEG."""
    return pictures.jpeg(pictures.to_pixels(pixels / 255.0), 256)
