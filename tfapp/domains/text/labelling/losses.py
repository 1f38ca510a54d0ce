"""What a tagger learns by: cross-entropy of tags and intents, and of paths of tags."""

from typing import Any

import keras
from keras import ops

from tfapp.domains.text.labelling.layers.crf import ConditionalRandomField


class TagLoss(keras.losses.Loss):
    """Cross-entropy of the tags, mean over tokens, and that of the intents.

    Args:
        tags: number of tags; outputs behind them are intents.
        label_smoothing: share of a label that is spread over all tags.
        intent_weight: of the cross-entropy of the intents.

    Call arguments:
        y_true: ids (batch, length), or (batch, length, 2) with intents; -1 for padding.
        y_pred: logits (batch, length, tags + intents).
    """

    def __init__(
        self, tags: int, label_smoothing: float = 0.0, intent_weight: float = 1.0
    ) -> None:
        super().__init__(name="tags")
        self.tags = tags
        self.label_smoothing, self.intent_weight = label_smoothing, intent_weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of every token, whose mean is that of the known ones."""
        ids, intents = split_targets(y_true)
        known = ops.cast(ops.greater_equal(ids, 0), "float32")
        share = known / ops.maximum(ops.mean(known), 1e-7)
        return share * self.of_tags(ids, y_pred) + self.of_intents(intents, y_pred)

    def of_tags(self, ids: Any, y_pred: Any) -> Any:
        """Return the cross-entropy of each token, (batch, length)."""
        return keras.losses.categorical_crossentropy(
            ops.one_hot(ids, self.tags),
            y_pred[..., : self.tags],
            from_logits=True,
            label_smoothing=self.label_smoothing,
        )

    def of_intents(self, intents: Any, y_pred: Any) -> Any:
        """Return the cross-entropy of each sentence, (batch, 1); 0 without intents."""
        if intents is None:
            return 0.0
        ids = intents[:, :1] - self.tags
        one_hot = ops.one_hot(ids, y_pred.shape[-1] - self.tags)
        logits = y_pred[:, :1, self.tags :]
        entropy = keras.losses.categorical_crossentropy(
            one_hot, logits, from_logits=True
        )
        return self.intent_weight * entropy


class PathLoss(TagLoss):
    """Negative log-likelihood of the path of tags, a token, and the intents' loss.

    Args:
        layer: knows which tag follows which.
        tags: number of tags.
        intent_weight: of the cross-entropy of the intents.
    """

    def __init__(
        self, layer: ConditionalRandomField, tags: int, intent_weight: float = 1.0
    ) -> None:
        super().__init__(tags, intent_weight=intent_weight)
        self.layer = layer

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return a loss for each sentence, whose mean is that of the known tokens."""
        ids, intents = split_targets(y_true)
        known = ops.greater_equal(ids, 0)
        logits = ops.cast(y_pred[..., : self.tags], "float32")
        paths = self.layer.log_likelihood(logits, ops.maximum(ids, 0), known)
        tokens = ops.mean(ops.sum(ops.cast(known, "float32"), axis=1))
        loss = -ops.expand_dims(paths, 1) / ops.maximum(tokens, 1e-7)
        return loss + self.of_intents(intents, y_pred)


class TokenAccuracy(keras.metrics.Mean):
    """Share of the known tokens that get the right tag.

    Args:
        tags: number of tags.
    """

    def __init__(self, tags: int, name: str = "accuracy") -> None:
        super().__init__(name=name)
        self.tags = tags

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count the tokens of a batch."""
        ids, _ = split_targets(y_true)
        best = ops.cast(ops.argmax(y_pred[..., : self.tags], axis=-1), "int32")
        known = ops.cast(ops.greater_equal(ids, 0), "float32")
        super().update_state(ops.cast(ops.equal(best, ids), "float32"), known)


def split_targets(y_true: Any) -> tuple[Any, Any]:
    """Return ids of tags (batch, length), and those of intents or None."""
    ids = ops.cast(y_true, "int32")
    if len(ids.shape) == 2:
        return ids, None
    return ids[..., 0], ids[..., 1]
