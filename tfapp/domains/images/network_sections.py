"""Sections of a report on the inside of a network, and the one on its first filters."""

import io
from typing import Any

import keras
import numpy as np
from PIL import Image

from tfapp.base import registry
from tfapp.data.spec import Dataset
from tfapp.layers.graph import functional, graph_nodes
from tfapp.report.blocks import Gallery, Section, Tile
from tfapp.report.wording import count

MOST_CHANNELS, MOST_FILTERS = 4, 96
SIDE, GAP, COLUMNS = 44, 4, 12
"""Pixels of a drawn filter and between two; filters in a row."""


def network_sections(model: Any, dataset: Dataset) -> list[Section]:
    """Return the sections of all kinds that a network has something to show of."""
    makers = registry.union("NETWORK_SECTIONS")
    sections: list[Section] = []
    for name in makers:
        sections += registry.load("section", makers, name)(model, dataset)
    return sections


def filter_sections(model: keras.Model, dataset: Dataset) -> tuple[Section, ...]:
    """Return a picture of the first layer's filters.

    Args:
        model: with all its outputs.
        dataset: is not needed.

    Returns:
        One section; () if the first layer is no convolution of one to four channels
        over windows of several pixels.
    """
    kernel = first_filters(model)
    if kernel is None:
        return ()
    rows, columns, channels, filters = kernel.shape
    shown = f" The first {MOST_FILTERS} are shown." if filters > MOST_FILTERS else ""
    lead = (
        f"{count(filters, 'filters')} of {rows} × {columns} pixels, as they are after "
        "training: each looks for what it shows. Middle grey is zero." + shown
    )
    caption = "in colour" if channels == 3 else f"{count(channels, 'channels')}"
    tile = Tile(filter_picture(kernel), "image/png", caption)
    return (Section("Filters of the first layer", lead, (Gallery("", (tile,), True),)),)


def first_filters(model: Any) -> np.ndarray | None:
    """Return the first layer's kernel, (rows, columns, channels, filters), or None.

    Layers without weights before it, such as a scaling of pixels, do not count.
    """
    graph = functional(model)
    for node in graph_nodes(graph) if graph is not None else ():
        layer = node.operation
        if functional(layer) is not None:
            return first_filters(layer)
        if weights := getattr(layer, "trainable_weights", ()):
            shape = tuple(weights[0].shape)
            pictured = len(shape) == 4 and max(shape[:2]) > 1
            if not (pictured and shape[2] <= MOST_CHANNELS):
                return None
            return np.asarray(keras.ops.convert_to_numpy(weights[0]), np.float32)
    return None


def filter_picture(kernel: np.ndarray) -> bytes:
    """Return filters side by side as a PNG file, each in its own contrast.

    Args:
        kernel: (rows, columns, channels, filters); three channels give colours, one
            grey, any other number a grey picture per channel.
    """
    kernel = kernel[..., :MOST_FILTERS]
    if kernel.shape[2] != 3:  # one below the other: each channel is a filter
        kernel = np.concatenate(np.split(kernel, kernel.shape[2], axis=2), axis=3)
        kernel = np.repeat(kernel, 3, axis=2)
    rows = -(-kernel.shape[3] // COLUMNS)
    step = SIDE + GAP
    width = min(COLUMNS, kernel.shape[3]) * step + GAP
    canvas = Image.new("RGB", (width, rows * step + GAP), "white")
    for number in range(kernel.shape[3]):
        one = kernel[..., number]
        pixels = 127.5 + 127.5 * one / (np.abs(one).max() or 1.0)
        drawn = Image.fromarray(pixels.astype(np.uint8)).resize(
            (SIDE, SIDE), Image.Resampling.NEAREST
        )
        row, column = divmod(number, COLUMNS)
        canvas.paste(drawn, (GAP + column * step, GAP + row * step))
    stream = io.BytesIO()
    canvas.save(stream, "PNG", optimize=True)
    return stream.getvalue()
