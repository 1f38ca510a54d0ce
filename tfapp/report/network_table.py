"""What a network consists of: layers, shapes, weights, work, and how far each sees."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import ceil, prod
from typing import Any

import keras

from tfapp.layers.graph import functional, graph_nodes
from tfapp.report.blocks import Table

Shape = tuple[int | None, ...]
Reach = tuple[tuple[int, Fraction], ...] | None
"""For each axis of places: how many places of the input one place sees, and how many
lie between those of its neighbours; None where everything is seen."""

WHOLE = (keras.layers.RNN, keras.layers.Bidirectional, keras.layers.MultiHeadAttention)
"""Layers of which each place sees all others."""


@dataclass(frozen=True)
class LayerRow:
    """A layer of a network.

    Args:
        name: of the layer, below those of the models that it lies in.
        kind: its class.
        output: shape of what it gives for one example; None for an open size.
        parameters: its weights.
        trainable: how many of them are trained.
        multiply_adds: products of a weight and an activation for one example, None
            where the number is not known.
        receptive_field: for each axis, the places of the input that decide one place
            of the output, () where all do.
        stride: for each axis, how many places of the input lie between neighbours.
    """

    name: str
    kind: str
    output: Shape
    parameters: int
    trainable: int
    multiply_adds: int | None
    receptive_field: tuple[int, ...] = ()
    stride: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready row."""
        return asdict(self)


def layer_rows(model: keras.Model) -> tuple[LayerRow, ...]:
    """Return a row for each call of a layer, in the order of the computation.

    A layer that is called twice has its weights counted once, its work twice.

    Args:
        model: functional or Sequential, models inside it included; it needs no values.

    Returns:
        The rows; one for the whole of a model whose graph is not known.
    """
    graph = functional(model)
    if graph is None:
        weights, trained = _counts(model.weights), _counts(model.trainable_weights)
        kind = type(model).__name__
        return (LayerRow(model.name, kind, (), weights, trained, None),)
    reached = {id(tensor): _start(tensor.shape) for tensor in graph.inputs}
    return tuple(_rows(graph, reached, "", set()))


def network_table(rows: Sequence[LayerRow], caption: str) -> Table:
    """Return the rows as a table, with a last row of sums."""
    texts = [
        (
            row.name,
            row.kind,
            _by(row.output),
            f"{row.parameters:,}",
            "–" if row.multiply_adds is None else f"{row.multiply_adds:,}",
            _by(row.receptive_field) or "all",
            _by(row.stride) or "–",
        )
        for row in rows
    ]
    known = [r.multiply_adds for r in rows if r.multiply_adds is not None]
    least = "at least " if len(known) < len(rows) else ""
    parameters = f"{sum(row.parameters for row in rows):,}"
    texts.append(("total", "", "", parameters, f"{least}{sum(known):,}", "", ""))
    header = "layer kind output parameters multiply-adds sees stride".split()
    return Table(tuple(header), tuple(texts), caption, text_columns=2)


def _rows(
    graph: Any, reached: dict[int, Reach], above: str, counted: set[int]
) -> Iterator[LayerRow]:
    """Yield the rows of a graph; `reached` receives what each of its tensors sees."""
    for node in graph_nodes(graph):
        if node.is_input:
            continue
        layer, outer = node.operation, node.input_tensors
        reach = _joined([reached[id(tensor)] for tensor in outer])
        inner = functional(layer)
        if inner is not None:
            pairs = zip(inner.inputs, outer, strict=True)
            inside = {id(own): reached[id(tensor)] for own, tensor in pairs}
            yield from _rows(inner, inside, f"{above}{layer.name}/", counted)
            pairs = zip(node.outputs, inner.outputs, strict=True)
            reached |= {id(tensor): inside[id(own)] for tensor, own in pairs}
            continue
        given, answer = outer[0].shape[1:], node.outputs[0].shape[1:]
        reach = _beyond(layer, reach, given, answer)
        reached |= {id(tensor): reach for tensor in node.outputs}
        yield _row(layer, f"{above}{layer.name}", given, answer, reach, counted)


def _row(
    layer: Any, name: str, given: Shape, answer: Shape, reach: Reach, counted: set[int]
) -> LayerRow:
    weights = [w for w in getattr(layer, "weights", ()) if id(w) not in counted]
    trained = {id(w) for w in getattr(layer, "trainable_weights", ())}
    counted |= {id(weight) for weight in weights}
    return LayerRow(
        name,
        type(layer).__name__,
        answer,
        _counts(weights),
        _counts([weight for weight in weights if id(weight) in trained]),
        _multiply_adds(layer, given, answer),
        tuple(field for field, _ in reach or ()),
        tuple(float(stride) for _, stride in reach or ()),
    )


def _multiply_adds(layer: Any, given: Shape, answer: Shape) -> int | None:
    """Return how many products with weights a layer computes, None if not known."""
    weights = getattr(layer, "weights", ())
    once = sum(prod(w.shape) for w in weights if len(w.shape) > 1 and w.name != "bias")
    if not once or isinstance(layer, keras.layers.Embedding):
        return 0
    if isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional):
        places = given[:-1]
    elif len(given) == len(answer) == 1:
        places = ()
    elif hasattr(layer, "kernel_size"):
        places = given[:-1] if _is_transposed(layer) else answer[:-1]
    elif isinstance(layer, keras.layers.Dense):
        places = answer[:-1]
    else:
        return None
    return None if None in places else once * prod(places)  # type: ignore[arg-type]


def _start(shape: Shape) -> Reach:
    """Return what a place of the input itself sees; None for a vector."""
    return ((1, Fraction(1)),) * (len(shape) - 2) or None


def _joined(reaches: Sequence[Reach]) -> Reach:
    """Return what a place sees through any of several tensors."""
    if not reaches or None in reaches or len({len(r or ()) for r in reaches}) > 1:
        return None
    return tuple(max(axes) for axes in zip(*map(tuple, reaches), strict=True))  # type: ignore[arg-type]


def _beyond(layer: Any, reach: Reach, given: Shape, answer: Shape) -> Reach:
    """Return what a place of a layer's output sees."""
    if reach is None or len(given) != len(answer) or isinstance(layer, WHOLE):
        return None
    axes = len(reach)
    window = getattr(layer, "kernel_size", getattr(layer, "pool_size", 1))
    windows = _each(window, axes)
    strides = _each(getattr(layer, "strides", 1), axes)
    dilations = _each(getattr(layer, "dilation_rate", 1), axes)
    if _is_transposed(layer):
        larger = _each(getattr(layer, "size", strides), axes)
        return tuple(
            (field + (ceil(w / s) - 1) * int(max(stride, 1)), stride / s)
            for (field, stride), w, s in zip(reach, windows, larger, strict=True)
        )
    return tuple(
        (field + int((w - 1) * d * stride), stride * s)
        for (field, stride), w, s, d in zip(
            reach, windows, strides, dilations, strict=True
        )
    )


def _is_transposed(layer: Any) -> bool:
    """Say whether a layer's output has more places than its input."""
    return type(layer).__name__.startswith(("UpSampling", "Conv")) and (
        hasattr(layer, "size") or "Transpose" in type(layer).__name__
    )


def _each(value: Any, axes: int) -> tuple[int, ...]:
    values = (value,) * axes if isinstance(value, int) else tuple(value or (1,) * axes)
    return values if len(values) == axes else (1,) * axes


def _counts(weights: Sequence[Any]) -> int:
    return sum(prod(weight.shape) for weight in weights)


def _by(sizes: Sequence[Any]) -> str:
    """Return sizes as in 55×55×96."""
    return "×".join("any" if s is None else f"{s:g}" for s in sizes)


def totals(rows: Sequence[LayerRow]) -> Mapping[str, int | None]:
    """Return the sums of a network, JSON-ready; None for work that is not known."""
    work = [row.multiply_adds for row in rows]
    return {
        "parameters": sum(row.parameters for row in rows),
        "trainable": sum(row.trainable for row in rows),
        "multiply_adds": None if None in work else sum(filter(None, work)),
    }
