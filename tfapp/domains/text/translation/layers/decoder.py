"""The decoder: a recurrent network with attention that writes symbol by symbol."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from tfapp.domains.text.translation.layers.attention import ATTENTIONS
from tfapp.domains.text.translation.layers.search import beam_search

CELLS = {"gru": layers.GRU, "lstm": layers.LSTM}
STATES = {"gru": 1, "lstm": 2}
CAP = 1e-3
"""By how much, in nats, a symbol that is not the answer stays below the answer."""


@keras.saving.register_keras_serializable(package="tfapp")
class AttentionDecoder(layers.Layer):
    """Write a sequence of symbols while looking at the places of what was read.

    These are those of another sequence, or of a picture. The recurrent layer reads the
    symbols before each place, its output asks the memory, and the logits are made from
    both, so that with known symbols (teacher forcing) all places are computed at once.
    Symbol 0 ends a sequence.

    Args:
        symbols: number of different symbols, the end included.
        length: places of the longest answer, the end included.
        cell: "gru" or "lstm".
        units: size of the states, of the keys and of what the logits are made from.
        embedding_units: size of the vector of a symbol.
        attention: "additive" or "dot".
        dropout_rate: of what the logits are made from.
        symbol_dropout: share of the symbols before each place that are hidden in
            training, so that more is read from the memory, and less is guessed.
        beams: hypotheses that the search keeps; 1 takes the likeliest symbol each time.
        length_power: hypotheses are ranked by their log-probability over their length
            to this power; 0 ranks by probability alone.

    Call arguments:
        source: ids (batch, places), 0 for padding.
        memory: float (batch, places, memory size), what is known of each place.
        ending: float (batch, size), what the states begin from.
        target: ids (batch, steps) of the right answer, negative for padding, or
            (batch, answers, steps) of several right ones; None to search for an answer.

    Returns:
        Float32 logits, shaped as the target, with an axis (symbols) behind. Of a search
        they are the log-probabilities along the best hypothesis, (batch, length,
        symbols): a symbol that is likelier than the chosen one counts as `CAP` less
        than it, so that the largest of each place are the answer and their sum is its
        log-probability.
    """

    def __init__(
        self,
        symbols: int,
        length: int,
        *,
        cell: str = "gru",
        units: int = 128,
        embedding_units: int = 32,
        attention: str = "additive",
        dropout_rate: float = 0.0,
        symbol_dropout: float = 0.0,
        beams: int = 4,
        length_power: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.symbols, self.length = symbols, length
        self.cell, self.units, self.embedding_units = cell, units, embedding_units
        self.attention_name, self.dropout_rate = attention, dropout_rate
        self.symbol_dropout = symbol_dropout
        self.beams, self.length_power = beams, length_power
        policy = {"dtype": self.dtype_policy}
        self.embedding = layers.Embedding(symbols + 1, embedding_units, **policy)
        self.hiding = layers.Dropout(symbol_dropout, (None, None, 1), **policy)
        self.recurrent = CELLS[cell](
            units, return_sequences=True, name="recurrent", **policy
        )
        self.attention = ATTENTIONS[attention](units, **policy)
        self.combination = layers.Dense(units, activation="tanh", **policy)
        self.dropout = layers.Dropout(dropout_rate, **policy)
        self.classifier = layers.Dense(symbols, dtype="float32")
        self.beginnings = [
            layers.Dense(units, activation="tanh", name=f"beginning{number}", **policy)
            for number in range(STATES[cell])
        ]

    def build(self, source_shape: Any, memory_shape: Any, ending_shape: Any) -> None:
        """Create the weights of all parts."""
        size = memory_shape[-1]
        self.embedding.build((None, None))
        self.recurrent.build((None, None, self.embedding_units))
        self.attention.build((None, None, self.units), (None, None, size))
        self.combination.build((None, None, self.units + size))
        self.classifier.build((None, None, self.units))
        for beginning in self.beginnings:
            beginning.build(ending_shape)

    def call(
        self,
        source: Any,
        memory: Any,
        ending: Any,
        target: Any = None,
        training: bool = False,
    ) -> Any:
        if target is not None and len(target.shape) == 3:
            return self._taught_several(source, memory, ending, target, training)
        if target is not None:
            return self.taught(source, memory, ending, target, training)[0]
        ids, _ = self.search(source, memory, ending)
        return self.along(source, memory, ending, ids[:, 0])[0]

    def compute_output_spec(
        self,
        source: Any,
        memory: Any,
        ending: Any,
        target: Any = None,
        training: bool = False,
    ) -> Any:
        """Return the form of the logits."""
        steps = (self.length,) if target is None else target.shape[1:]
        shape = (source.shape[0], *steps, self.symbols)
        return keras.KerasTensor(shape, "float32")

    def _taught_several(
        self, source: Any, memory: Any, ending: Any, target: Any, training: bool
    ) -> Any:
        """Return the logits of several answers to each example."""
        shape = ops.shape(target)
        places, memory, ending = (
            ops.repeat(x, shape[1], axis=0) for x in (source, memory, ending)
        )
        rows = ops.reshape(target, (-1, shape[2]))
        logits = self.taught(places, memory, ending, rows, training)[0]
        return ops.reshape(logits, (-1, *shape[1:], self.symbols))

    def taught(
        self,
        source: Any,
        memory: Any,
        ending: Any,
        target: Any,
        training: bool = False,
    ) -> tuple[Any, Any]:
        """Return logits (batch, steps, symbols) behind the symbols of an answer.

        With them the weights of the attention, float (batch, steps, places).
        """
        target = ops.maximum(ops.cast(target, "int32"), 0)
        start = ops.full_like(target[:, :1], self.symbols)
        before = ops.concatenate([start, target[:, :-1]], axis=1)
        states = self.begin(ending)
        seen = self.hiding(self.embedding(before), training=training)
        x = self.recurrent(seen, initial_state=states)
        return self._answer(x, memory, source, None, training)

    def along(self, source: Any, memory: Any, ending: Any, ids: Any) -> tuple[Any, Any]:
        """Return the log-probabilities along an answer, see the class; and attention.

        Args:
            source: as `call` takes it.
            memory: as `call` takes it.
            ending: as `call` takes it.
            ids: of the answer, int (batch, length).
        """
        logits, weights = self.taught(source, memory, ending, ids)
        every = ops.log_softmax(logits, axis=-1)
        is_answer = ops.one_hot(ids, self.symbols, dtype="float32")
        own = ops.sum(every * is_answer, axis=-1, keepdims=True)
        capped = ops.minimum(every, own - CAP)
        return ops.where(is_answer > 0, every, capped), weights

    def begin(self, ending: Any) -> list[Any]:
        """Return the states before the first symbol, each (batch, units)."""
        return [beginning(ending) for beginning in self.beginnings]

    def search(
        self, source: Any, memory: Any, ending: Any, beams: int = 0
    ) -> tuple[Any, Any]:
        """Return the likeliest answers that a beam search finds.

        Args:
            source: as `call` takes it.
            memory: as `call` takes it.
            ending: as `call` takes it.
            beams: number of hypotheses; 0 for those of the layer.

        Returns:
            Ids, int32 (batch, beams, length), the best first and 0 behind their end;
            and their log-probabilities, float32 (batch, beams).
        """
        beams, keys = beams or self.beams, self.attention.keys(memory)
        states = [
            ops.repeat(ops.expand_dims(state, 1), beams, axis=1)
            for state in self.begin(ending)
        ]

        def step(last: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
            x = ops.reshape(self.embedding(last), (-1, self.embedding_units))
            flat = [ops.reshape(state, (-1, self.units)) for state in states]
            x, moved = self.recurrent.cell(x, flat, training=False)
            moved = moved if isinstance(moved, list | tuple) else [moved]
            rows = (-1, beams, self.units)
            logits, _ = self._answer(ops.reshape(x, rows), memory, source, keys)
            return logits, [ops.reshape(state, rows) for state in moved]

        return beam_search(
            step,
            states,
            start=self.symbols,
            length=self.length,
            length_power=self.length_power,
        )

    def _answer(
        self, x: Any, memory: Any, source: Any, keys: Any, training: bool = False
    ) -> tuple[Any, Any]:
        present = ops.not_equal(source, 0)
        context, weights = self.attention(x, memory, present, keys)
        both = self.combination(ops.concatenate([x, context], axis=-1))
        return self.classifier(self.dropout(both, training=training)), weights

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "symbols": self.symbols,
            "length": self.length,
            "cell": self.cell,
            "units": self.units,
            "embedding_units": self.embedding_units,
            "attention": self.attention_name,
            "dropout_rate": self.dropout_rate,
            "symbol_dropout": self.symbol_dropout,
            "beams": self.beams,
            "length_power": self.length_power,
        }
