"""Draw networks from their builders: a box for each step from the input to the logits.

    python benchmarks/network_pictures.py docs/networks

A box is as high as the square root of its map's side and as wide as the logarithm of
its channels. Branches are drawn as the layer in which they end.
"""

import argparse
from collections import Counter
from math import log2
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.patches import Rectangle

from tfapp.layers.graph import graph_nodes
from tfapp.layers.outputs import logits_model
from tfapp.recipes.config import ModelConfig
from tfapp.report.style import PALETTE, look, new_figure, to_svg
from tfapp.tasks.build import construct
from tfapp.tasks.outline import without_weights
from tfapp.verbs.describe import shape_info

LECTURE = {"padding": "same", "units": (), "dropout_rate": 0.0}


class Drawn(NamedTuple):
    """A network as it is drawn.

    Args:
        model: name of its builder.
        shape: of its input.
        outputs: number of classes.
        options: of the builder.
    """

    model: str
    shape: tuple[int, ...]
    outputs: int
    options: dict[str, Any]


NETWORKS = {
    "lenet5": Drawn("lenet5", (32, 32, 1), 10, {}),
    "cnn_7x7x32": Drawn(
        "small_cnn", (28, 28, 1), 10, {**LECTURE, "filters": (16, 32), "kernel_size": 5}
    ),
    "alexnet": Drawn("alexnet", (227, 227, 3), 1000, {}),
    "vgg16": Drawn("vgg", (224, 224, 3), 1000, {}),
    "inception_v1": Drawn("inception_v1", (224, 224, 3), 1000, {}),
    "inception_v3": Drawn("inception_v3", (299, 299, 3), 1000, {}),
}
COLOURS = {
    "MaxPooling2D": "second",
    "AveragePooling2D": "second",
    "GlobalAveragePooling2D": "second",
    "TrainableSubsampling": "second",
    "Dense": "muted",
    "BitmapDistance": "muted",
}
UNSEEN = ("Rescaling", "Normalization", "Activation", "ReLU", "Dropout", "Flatten")
"""Kinds of layers without a box of their own, by what their names hold."""


def main() -> None:
    """Write one SVG file per network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.networks:
        path = arguments.folder / f"{name}.svg"
        path.write_bytes(picture(NETWORKS[name]))
        print(path)


def picture(network: Drawn) -> bytes:
    """Return the SVG file of a network."""
    config = ModelConfig(name=network.model, options=network.options)
    info = shape_info(network.shape, network.outputs)
    with without_weights():
        model = logits_model(construct(config, info))
        steps = [node for node in main_path(model) if not hidden(node)]
    with look():
        figure = new_figure(0.4 + 0.42 * len(steps), 3.4)
        # Transparent pictures of dark lines cannot be read on dark pages.
        figure.add_artist(Rectangle((0, 0), 1, 1, color="white", zorder=-1))
        axes = figure.add_subplot()
        axes.set_axis_off()
        edge = 0.0
        for node in steps:
            edge = draw(axes, node, edge)
        axes.set_xlim(-0.3, edge)
        axes.set_ylim(-12.5, 9.5)
    return to_svg(figure)


def draw(axes: Any, node: Any, edge: float) -> float:
    """Draw a step's box and label; return where the next one begins."""
    layer, shape = node.operation, node.outputs[0].shape[1:]
    height = shape[0] ** 0.5 if len(shape) == 3 else 3.0
    width = 0.15 + 0.12 * log2(shape[-1]) if len(shape) == 3 else 0.3
    kind = type(layer).__name__
    colour = PALETTE[COLOURS.get(kind, "accent")] if not node.is_input else "none"
    axes.bar(
        edge + width / 2,
        height,
        width,
        -height / 2,
        color=colour,
        edgecolor=PALETTE["ink"],
        linewidth=0.6,
    )
    name = "input" if node.is_input else layer.name.removeprefix("module_")
    label = f"{name}  {'×'.join(map(str, shape))}"
    axes.text(
        edge + width / 2, -9.2, label, rotation=90, ha="center", va="top", fontsize=7.5
    ).set_verticalalignment("center")
    return edge + max(width, 0.9) + 0.25


def main_path(model: Any) -> list[Any]:
    """Return the calls of layers through which every path to the logits leads."""
    nodes = graph_nodes(model)
    waiting = Counter(id(t) for node in nodes for t in node.input_tensors)
    live: set[int] = set()
    path = []
    for node in nodes:
        for tensor in node.input_tensors:
            waiting[id(tensor)] -= 1
            if not waiting[id(tensor)]:
                live.discard(id(tensor))
        answer = id(node.outputs[0])
        live |= {answer}
        if live == {answer}:
            path.append(node)
    return path


def hidden(node: Any) -> bool:
    """Say whether a step has no box of its own."""
    kind = type(node.operation).__name__
    return not node.is_input and any(part in kind for part in UNSEEN)


if __name__ == "__main__":
    main()
