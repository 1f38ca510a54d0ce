"""The next symbol by a network and by n-grams, weighed by how each one did so far."""

from typing import Any

import keras
from keras import ops

DECAY = 0.98
"""Factor by which a symbol counts less than the one after it: fifty of them weigh."""
RATE = 0.07
"""Of the sum of logarithms of ratios that decides; see `NgramMixture`."""


@keras.saving.register_keras_serializable(package="tfapp")
class NgramMixture(keras.layers.Layer):
    """Mix the probabilities of a network with those of n-grams.

    The network's share behind a symbol is the sigmoid of 0.07 times the sum, over the
    symbols read, of the logarithm of its probability over that of the n-grams; each
    step back counts by a factor of 0.98 less. So whichever predicts a text better has
    the larger share, and both have a half before the text begins.

    In training the network's logits pass unchanged: n-grams know the training text by
    heart, so nothing would be left to learn. The n-grams do not learn.

    N-grams are nodes of a tree, numbered from the root, which is 0, by length, and by
    symbols; the parent of a node has all but its last symbol.

    Args:
        num_nodes: nodes without the root.
        num_symbols: number of different symbols.
        widths: most children of a node, by the number of its symbols from 0 on.

    Input shape:
        Int tensor (batch, length), the symbols; float tensor (batch, length,
        num_symbols), the network's logits behind each.

    Output shape:
        Float32 tensor (batch, length, num_symbols), logarithms of probabilities.
    """

    def __init__(
        self, num_nodes: int, num_symbols: int, widths: tuple[int, ...], **kwargs: Any
    ) -> None:
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        self.num_nodes = num_nodes
        self.num_symbols = num_symbols
        self.widths = tuple(widths)

    def build(self, ids_shape: tuple[Any, ...], logits_shape: tuple[Any, ...]) -> None:
        nodes = self.num_nodes
        self.keys = self._fixed("keys", nodes, "int32")  # parent * num_symbols + last
        self.mass = self._fixed("mass", nodes, "float32")
        self.shares = self._fixed("shares", nodes + 1, "float32")
        self.first = self._fixed("first", nodes + 2, "int32")  # place of the children

    def call(self, ids: Any, logits: Any, training: bool = False) -> Any:
        if training:
            return logits
        ids = ops.cast(ids, "int32")
        network = ops.log_softmax(logits)
        grams = ops.log(self.probabilities(self._contexts(ids)))
        ratio = network - grams
        told = ops.take_along_axis(ratio[:, :-1], ids[:, 1:, None], axis=-1)[..., 0]
        told = ops.pad(told, [[0, 0], [1, 0]])
        steps = ops.arange(ops.shape(ids)[1])
        back = steps[None] - steps[:, None]
        weights = ops.power(DECAY, ops.cast(ops.maximum(back, 0), "float32"))
        weights = ops.where(back >= 0, weights, 0.0)
        return _mixed(network, grams, ops.matmul(told, weights))

    def begin(self, batch: Any) -> list[Any]:
        """Return the states before the first symbol; see `step`."""
        return [
            ops.full((batch, len(self.widths) - 1), -1, "int32"),
            ops.zeros((batch,), "float32"),
            ops.zeros((batch, self.num_symbols), "float32"),
        ]

    def step(self, ids: Any, logits: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """Return the mixture behind one symbol of each text, and the states.

        Args:
            ids: int (batch,).
            logits: of the network behind them, float (batch, symbols).
            states: nodes of the last symbols, int32 (batch, order - 1); sum of the
                logarithms, float32 (batch,); those of every symbol, (batch, symbols).

        Returns:
            Logarithms of probabilities, float32 (batch, symbols), and the states.
        """
        nodes, evidence, ratio = states
        ids = ops.cast(ids, "int32")[:, None]
        told = ops.take_along_axis(ratio, ids, axis=-1)[:, 0]
        parents = ops.pad(nodes[:, :-1], [[0, 0], [1, 0]])
        nodes = self._children(parents, ops.broadcast_to(ids, ops.shape(parents)))
        roots = ops.zeros_like(ids)
        network = ops.log_softmax(ops.cast(logits, "float32"))
        grams = ops.log(self.probabilities(ops.concatenate([roots, nodes], -1)))
        evidence = DECAY * evidence + told
        ratio = network - grams
        return _mixed(network, grams, evidence), [nodes, evidence, ratio]

    def probabilities(self, contexts: Any) -> Any:
        """Return the n-grams' probability of every symbol.

        Args:
            contexts: int32 (..., order), the node of the last 0, 1, … symbols, or -1.

        Returns:
            Float32 (..., num_symbols).
        """
        nodes = ops.reshape(contexts, (-1, len(self.widths)))
        rows = ops.arange(ops.shape(nodes)[0])[:, None] * self.num_symbols
        known = ops.maximum(nodes, 0)
        shares = ops.where(nodes >= 0, ops.take(self.shares, known), 1.0)
        # What is left for a context, and for all shorter ones, by the longer ones.
        left = ops.flip(ops.cumprod(ops.flip(shares, 1), axis=1), 1)
        places, values = [], []
        for size, width in enumerate(self.widths):
            first = ops.take(self.first, known[:, size])
            last = ops.take(self.first, known[:, size] + 1)
            children = first[:, None] + ops.arange(width)
            real = ops.logical_and(children < last[:, None], nodes[:, size, None] >= 0)
            children = ops.where(real, children, 0)
            mass = ops.where(real, ops.take(self.mass, children), 0.0)
            longer = left[:, size + 1, None] if self.widths[size + 1 :] else 1.0
            places.append(rows + ops.take(self.keys, children) % self.num_symbols)
            values.append(mass * longer)
        own = ops.segment_sum(
            ops.reshape(ops.concatenate(values, -1), (-1,)),
            ops.reshape(ops.concatenate(places, -1), (-1,)),
            num_segments=ops.shape(nodes)[0] * self.num_symbols,
        )
        own = ops.reshape(own, (-1, self.num_symbols)) + left[:, :1] / self.num_symbols
        return ops.reshape(own, (*ops.shape(contexts)[:-1], self.num_symbols))

    def _contexts(self, ids: Any) -> Any:
        """Return the nodes of the symbols before and at each place; see above."""
        found = [ops.zeros_like(ids)]
        parents = found[0]
        for _ in self.widths[1:]:
            found.append(self._children(parents, ids))
            parents = ops.pad(found[-1][:, :-1], [[0, 0], [1, 0]], constant_values=-1)
        return ops.stack(found, axis=-1)

    def _children(self, parents: Any, ids: Any) -> Any:
        """Return the node of each parent with one more symbol, -1 if there is none."""
        wanted = ops.where(parents >= 0, parents * self.num_symbols + ids, -1)
        flat = ops.reshape(wanted, (-1,))
        keys = ops.convert_to_tensor(self.keys)
        place = ops.minimum(ops.searchsorted(keys, flat), self.num_nodes - 1)
        found = ops.where(ops.equal(ops.take(keys, place), flat), place + 1, -1)
        return ops.reshape(ops.cast(found, "int32"), ops.shape(wanted))

    def _fixed(self, name: str, size: int, dtype: str) -> Any:
        return self.add_weight((size,), "zeros", dtype, trainable=False, name=name)

    def compute_output_shape(
        self, ids_shape: tuple[Any, ...], logits_shape: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        return logits_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_nodes": self.num_nodes,
            "num_symbols": self.num_symbols,
            "widths": self.widths,
        }


def _mixed(network: Any, grams: Any, evidence: Any) -> Any:
    """Return logarithms of the mixture; the evidence has one axis less."""
    lean = RATE * evidence[..., None]
    return ops.logaddexp(
        ops.log_sigmoid(lean) + network, ops.log_sigmoid(-lean) + grams
    )
