"""A linear-chain conditional random field: which tag follows which."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("tfapp")
class ConditionalRandomField(keras.layers.Layer):
    """Add what neighbouring tags make of each other to the logits of single tokens.

    A path of tags scores the sum of its logits and of its transitions. What the layer
    returns at a token is, for every tag, the score of the best whole path through it:
    the largest of each token are the Viterbi path.

    Args:
        tags: number of tags.

    References:
        Lafferty et al., Conditional Random Fields, ICML 2001; Viterbi, 1967.
    """

    def __init__(self, tags: int, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.tags = tags
        forwards = _Best(lambda: ops.convert_to_tensor(self.transitions), tags)
        backwards = _Best(lambda: ops.transpose(self.transitions), tags)
        total = _Total(forwards.transitions, tags)
        options = {"return_sequences": True, "dtype": "float32"}
        self.before = keras.layers.RNN(forwards, **options)
        self.after = keras.layers.RNN(backwards, go_backwards=True, **options)
        self.total = keras.layers.RNN(total, return_state=True, dtype="float32")

    def build(self, *shapes: Any) -> None:
        """Create the transitions: score of a tag (column) behind another one (row)."""
        self.transitions = self.add_weight(
            shape=(self.tags, self.tags), initializer="zeros", name="transitions"
        )

    def call(self, logits: Any, present: Any) -> Any:
        """Return the scores of the best paths, float32 (batch, length, tags).

        Args:
            logits: float (batch, length, tags).
            present: bool (batch, length), False behind the end of a sentence.
        """
        logits = ops.cast(logits, "float32")
        before = self.before(logits)
        after = ops.flip(self.after(logits, mask=present), axis=1)
        # Behind the end of a sentence a score of nothing stands: no path leads there.
        return ops.where(ops.expand_dims(present, -1), logits + before + after, logits)

    def log_likelihood(self, logits: Any, tags: Any, present: Any) -> Any:
        """Return the log-probability of the paths, float32 (batch,).

        Args:
            logits: float (batch, length, tags).
            tags: int (batch, length), the paths.
            present: bool (batch, length).
        """
        transitions = ops.convert_to_tensor(self.transitions)
        weight = ops.cast(present, "float32")
        one_hot = ops.one_hot(tags, self.tags)
        scores = ops.sum(ops.sum(logits * one_hot, axis=-1) * weight, axis=1)
        flat = ops.reshape(transitions, (-1,))
        pairs = ops.take(flat, tags[:, :-1] * self.tags + tags[:, 1:])
        scores = scores + ops.sum(pairs * weight[:, 1:], axis=1)
        # The state behind a token already holds its transition to any tag that could
        # follow; the last token has none, so its own logits are added here.
        last = ops.sum(ops.cast(present, "int32"), axis=1) - 1
        ends = ops.one_hot(last, ops.shape(logits)[1], dtype="float32")
        before_end = ops.logical_and(present, ops.equal(ends, 0.0))
        _, state = self.total(logits, mask=before_end)
        final = state + ops.sum(logits * ops.expand_dims(ends, -1), axis=1)
        return scores - ops.logsumexp(final, axis=-1)

    def compute_output_shape(self, logits_shape: Any, present_shape: Any = None) -> Any:
        """Return the shape of the logits."""
        return logits_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config = {**super().get_config(), "tags": self.tags}
        config.pop("dtype", None)
        return config


class _Best(keras.layers.Layer):
    """Best score of the tokens so far, given the tag of the next one; for `RNN`.

    Args:
        transitions: returns float (tags, tags), from the tag read first to the next.
        tags: number of tags.
    """

    def __init__(self, transitions: Callable[[], Any], tags: int) -> None:
        super().__init__(dtype="float32")
        self.transitions, self.state_size, self.output_size = transitions, tags, tags

    def call(self, logits: Any, states: Any) -> Any:
        """Return the score before a token, and the state behind it."""
        (score,) = states
        paths = ops.expand_dims(score + logits, 2) + self.transitions()
        return score, [self.reduced(paths)]

    def reduced(self, paths: Any) -> Any:
        """Return the score of the best path to each tag."""
        return ops.max(paths, axis=1)


class _Total(_Best):
    """Logarithm of the sum of exp(score) of all paths so far, given the next tag."""

    def reduced(self, paths: Any) -> Any:
        """Return the joint score of the paths to each tag."""
        return ops.logsumexp(paths, axis=1)
