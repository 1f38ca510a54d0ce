"""Beam search: the likeliest sequences that a step-by-step model can write."""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

END = 0
"""The symbol behind which a sequence has nothing more."""
IMPOSSIBLE = -1e9
"""Log-probability of what may not be chosen; finite, so that sums stay numbers."""

Step = Callable[[Any, Sequence[Any]], tuple[Any, list[Any]]]
"""Last symbols (batch, beams) and states (batch, beams, …) → logits (batch, beams,
symbols) of the next symbols, and the states behind the last ones."""


def beam_search(
    step: Step,
    states: Sequence[Any],
    *,
    start: int,
    length: int,
    length_power: float = 0.0,
) -> tuple[Any, Any]:
    """Return the likeliest sequences of symbols, by one loop of fixed shapes.

    At every step each of the beams is continued by every symbol, and the most probable
    continuations of all of them become the beams. A beam that has ended goes on as it
    is. The loop stops when all have ended, or at `length`.

    Args:
        step: continues sequences.
        states: before the first symbol, each (batch, beams, …), alike for all beams.
        start: symbol that stands before the first one.
        length: symbols of a sequence, the end included.
        length_power: rank by the log-probability over the length to this power.

    Returns:
        Symbols, int32 (batch, beams, length), the best sequence first, `END` behind the
        end; and their log-probabilities, float32 (batch, beams).
    """
    beams = states[0].shape[1]
    batch = ops.shape(states[0])[0]
    first = ops.convert_to_tensor([[0.0] + [IMPOSSIBLE] * (beams - 1)], "float32")
    scores = ops.zeros((batch, 1), "float32") + first
    begun = [
        ops.convert_to_tensor(0, "int32"),
        ops.full((batch, beams), start, "int32"),
        ops.full((batch, beams, length), END, "int32"),
        scores,
        ops.zeros((batch, beams), "bool"),
        *states,
    ]

    def goes_on(t: Any, last: Any, ids: Any, scores: Any, done: Any, *_: Any) -> Any:
        return ops.logical_and(t < length, ops.logical_not(ops.all(done)))

    def go_on(
        t: Any, last: Any, ids: Any, scores: Any, done: Any, *states: Any
    ) -> tuple[Any, ...]:
        logits, states_behind = step(last, states)
        scores, parents, chosen = best_continuations(logits, scores, done)
        place = ops.equal(ops.arange(length, dtype="int32"), t)
        ids = ops.where(place, ops.expand_dims(chosen, -1), rows_of(ids, parents))
        done = ops.logical_or(rows_of(done, parents), ops.equal(chosen, END))
        moved = [rows_of(state, parents) for state in states_behind]
        return t + 1, chosen, ids, scores, done, *moved

    ended = ops.while_loop(goes_on, go_on, begun)
    return ranked(ended[2], ended[3], length_power)


def best_continuations(logits: Any, scores: Any, done: Any) -> tuple[Any, Any, Any]:
    """Return the most probable continuations of all beams of each example.

    Args:
        logits: float (batch, beams, symbols).
        scores: log-probabilities of the beams, float (batch, beams).
        done: bool (batch, beams); such a beam goes on by the end alone, at no cost.

    Returns:
        Their log-probabilities, the beams that they continue and their symbols, all
        (batch, beams), the best first.
    """
    beams, symbols = logits.shape[1:]
    every = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
    is_end = ops.equal(ops.arange(symbols, dtype="int32"), END)
    closed = ops.where(is_end, 0.0, IMPOSSIBLE)
    every = ops.where(ops.expand_dims(done, -1), closed, every)
    total = ops.reshape(ops.expand_dims(scores, -1) + every, (-1, beams * symbols))
    best, places = ops.top_k(total, beams)
    places = ops.cast(places, "int32")
    return best, places // symbols, places % symbols


def rows_of(values: Any, rows: Any) -> Any:
    """Return chosen beams of each example: `values[i, rows[i, j]]` at (i, j).

    Args:
        values: (batch, beams) or (batch, beams, size).
        rows: int32 (batch, beams).
    """
    flat = len(values.shape) == 2
    values = ops.expand_dims(values, -1) if flat else values
    kind = values.dtype
    values = ops.cast(values, "int32") if kind == "bool" else values
    chosen = ops.take_along_axis(values, ops.expand_dims(rows, -1), axis=1)
    chosen = ops.cast(chosen, kind)
    return ops.squeeze(chosen, -1) if flat else chosen


def ranked(ids: Any, scores: Any, length_power: float) -> tuple[Any, Any]:
    """Return sequences and log-probabilities in the order of their ranks."""
    if not length_power:
        return ids, scores
    lengths = ops.sum(ops.cast(ops.not_equal(ids, END), "float32"), axis=-1) + 1
    order = ops.argsort(-scores / lengths**length_power, axis=-1)
    order = ops.cast(order, "int32")
    return rows_of(ids, order), rows_of(scores, order)
