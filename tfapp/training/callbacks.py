"""Keras callbacks of a training phase."""

import math
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfapp.config import TrainingConfig
from tfapp.errors import TrainingError
from tfapp.files import replacing
from tfapp.reporter import Stage
from tfapp.training.deadline import Deadline


class LearningRate(keras.callbacks.Callback):
    """Linear warm-up, then a half cosine to zero, set before every step.

    Under a deadline the curve follows whichever is further on, the steps or the
    clock, so that a phase that is cut short has still cooled down.

    Args:
        peak: learning rate after the warm-up.
        total_steps: of the phase.
        warmup_steps: of the linear rise from 0.
        schedule: "cosine", or "constant" after the warm-up.
        deadline: of the phase.

    Reference:
        Loshchilov & Hutter, SGDR, ICLR 2017, https://arxiv.org/abs/1608.03983
    """

    def __init__(
        self,
        peak: float,
        total_steps: int,
        warmup_steps: float,
        schedule: str,
        deadline: Deadline,
    ) -> None:
        super().__init__()
        self.peak = peak
        self.total_steps = total_steps
        self.warmup_steps = warmup_steps
        self.schedule = schedule
        self.deadline = deadline
        self.step = 0
        self.rate = peak
        self.seconds = deadline.seconds_left()
        self.began = time.monotonic()

    def at(self, step: int, seconds: float = 0.0) -> float:
        """Return the learning rate of one step, `seconds` into the phase."""
        if step < self.warmup_steps:
            return self.peak * (step + 1) / (self.warmup_steps + 1)
        if self.schedule == "constant":
            return self.peak
        rest = max(self.total_steps - self.warmup_steps, 1)
        progress = max((step - self.warmup_steps) / rest, seconds / self.seconds)
        return self.peak * 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Set the rate of the coming step."""
        self.rate = self.at(self.step, time.monotonic() - self.began)
        self.model.optimizer.learning_rate = self.rate
        self.step += 1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Log the rate of the last step beside the losses."""
        logs["learning_rate"] = self.rate


class StopAtDeadline(keras.callbacks.Callback):
    """End the phase when its time is up, in the middle of an epoch if need be.

    Args:
        deadline: of the phase.
    """

    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self.deadline = deadline
        self.stopped = False

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stop if no time is left."""
        if self.deadline.seconds_left() <= 0:
            self.stopped = True
            self.model.stop_training = True


class StopOnNaN(keras.callbacks.Callback):
    """Stop with an error on the first loss that is not a number.

    Args:
        phase: named in the error.
    """

    def __init__(self, phase: str) -> None:
        super().__init__()
        self.phase = phase
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remember the epoch for the message."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the running mean of the loss; one NaN makes it NaN."""
        if logs and not np.isfinite(logs["loss"]):
            raise TrainingError(
                f"The loss is {logs['loss']} in phase {self.phase!r}, epoch "
                f"{self.epoch + 1}, batch {batch + 1}. The weights of the best epoch "
                "so far are in the run's checkpoints. Try a smaller learning rate, "
                "training.clip_norm=1, or runtime.precision=float32."
            )


class BestWeights(keras.callbacks.Callback):
    """Keep the weights of the best epoch, restore them at the end, stop if stuck.

    Args:
        monitor: logged figure that decides; if it is not logged (no validation
            data), the last epoch counts as the best.
        mode: "max" or "min".
        path: checkpoint file, always whole.
        patience: epochs without progress before stopping; 0 = never stop.
        start: value of the figure before the first step, so that a phase never
            leaves a model worse than it found it; None if unknown.
    """

    def __init__(
        self,
        monitor: str,
        mode: str,
        path: Path,
        patience: int,
        start: float | None,
    ) -> None:
        super().__init__()
        self.monitor = monitor
        self.sign = 1.0 if mode == "max" else -1.0
        self.path = path
        self.patience = patience
        self.best = start
        self.best_epoch = 0
        self.weights: list[np.ndarray] | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Keep the weights that the phase starts with, if their worth is known."""
        if self.best is not None:
            self.weights = self.model.get_weights()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep this epoch's weights if they are the best so far."""
        value = (logs or {}).get(self.monitor)
        if value is not None and self.best is not None:
            if self.sign * (value - self.best) <= 0:
                if self.patience and epoch + 1 - self.best_epoch >= self.patience:
                    self.model.stop_training = True
                return
        self.best, self.best_epoch = value, epoch + 1
        self.weights = self.model.get_weights()
        with replacing(self.path) as temporary:
            self.model.save_weights(temporary)

    def on_train_end(self, logs: Any = None) -> None:
        """Go back to the best weights."""
        if self.weights is not None:
            self.model.set_weights(self.weights)


class ShowProgress(keras.callbacks.Callback):
    """Tell the stage how many steps are done and how good the last epoch was.

    Args:
        stage: shows it.
        steps: of the whole phase.
    """

    def __init__(self, stage: Stage, steps: int) -> None:
        super().__init__()
        self.stage = stage
        self.steps = steps
        self.done = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Count one step."""
        self.done += 1
        self.stage(self.done, self.steps)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Show the figures of the epoch."""
        shown = {k: v for k, v in (logs or {}).items() if "accuracy" in k}
        figures = ", ".join(f"{k} {v:.4f}" for k, v in shown.items())
        self.stage.detail = f"epoch {epoch + 1}: {figures}"


def averaging(config: TrainingConfig) -> list[keras.callbacks.Callback]:
    """Validate, and keep, the moving average of the weights if there is one."""
    if not config.ema_momentum:
        return []
    return [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]
