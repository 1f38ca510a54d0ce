"""A few steps of a run's real work in one precision, on copies of its network."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from tfapp.layers.outputs import logits_model
from tfapp.training.optimizers import make_optimizer
from tfapp.training.speed.folding import fold
from tfapp.training.speed.precision.work import LEAST_INPUTS, Work
from tfapp.training.transfer import freezing
from tfapp.training.trees import first_rows, num_rows

FIRST_STEPS = 3
SLOW = 0.2
"""Seconds of an inference that hardly depend on the number of operations any more."""

LOSS_SHARE, LOSS_MARGIN = 0.05, 0.02
"""A loss may be off by this share of itself, and by this much besides."""

LEAST_COSINE, MEDIAN_COSINE = 0.99, 0.995
"""How alike features must be: each of them, and half of them.

Over photographs MobileNetV2 has 0.995 and 0.999 in bfloat16, InceptionV3 0.9996 and
0.9999, and heads trained on them are as accurate; see docs/runtime.md.
"""

Build = Callable[[], keras.Model]


class Network:
    """A copy of the run's network under one dtype policy.

    Chance is left out: the layers would drop other values in another precision.

    Args:
        work: what to try.
        policy: name of the dtype policy.
        build: builds the network under the policy that is current.
        weights: that the network begins with; None for those it is built with.
    """

    def __init__(
        self,
        work: Work,
        policy: str,
        build: Build,
        weights: list[np.ndarray] | None = None,
    ) -> None:
        keras.utils.set_random_seed(work.recipe.seed)
        keras.config.set_dtype_policy(policy)
        self.policy = policy
        self.model = build()
        if weights is not None:
            self.model.set_weights(weights)
        self.weights = self.model.get_weights()
        _drop_nothing(self.model)
        self._answering = logits_model(self.model)

    def rough_cost(self, inputs: Any) -> float:
        """Return about the seconds that one more input takes to infer, nothing traced.

        Of a small network most of the time goes into calls of operations, which no
        precision makes shorter: two sizes of batches tell what an input adds.
        """
        few = first_rows(inputs, LEAST_INPUTS)
        least = min(_seconds(lambda: self._infer(few)) for _ in "12")
        more = num_rows(inputs) - num_rows(few)
        if least > SLOW or more <= 0:
            return least / num_rows(few)
        whole = min(_seconds(lambda: self._infer(inputs)) for _ in "12")
        return max(whole - least, 0.0) / more

    def _infer(self, inputs: Any) -> Any:
        if keras.config.backend() == "jax":  # op by op it would compile every op
            return self.model.predict_on_batch(inputs)
        return keras.ops.convert_to_numpy(self._answering(inputs, training=False))


class Trial:
    """The work of a run on a copy of its network, compiled in one way.

    Args:
        work: what to try.
        network: the copy; trials of one network share its weights.
        jit_compile: whether XLA compiles it.
    """

    def __init__(self, work: Work, network: Network, jit_compile: bool) -> None:
        self.work = work
        self.network = network
        self.jit_compile = jit_compile
        self.features = self._features(network.model)
        self.learning = work.task.learning(network.model, work.info)
        self.step = self._step(network.model)
        if self.features is not None:
            self.features.compile(jit_compile=jit_compile)
        if self.step is not None:
            self.step.compile(
                optimizer=self._optimizer(network.model),
                loss=self.learning.losses,
                loss_weights=dict(self.learning.loss_weights) or None,
                jit_compile=jit_compile,
            )

    def take_first_steps(self) -> "FirstSteps":
        """Compute features and losses of the sample; traces what is timed later."""
        rows, losses = None, []
        if self.features is not None:
            rows = self._extract()
        if self.step is not None:
            losses = [self._learn() for _ in range(FIRST_STEPS)]
        return FirstSteps(rows, losses)

    def time(self) -> dict[str, float]:
        """Return the seconds per input of each kind of work, once."""
        seconds = {}
        for kind in self.work.kinds:
            call = self._extract if kind == "features" else self._learn
            seconds[kind] = _seconds(call) / self.work.sample
        return seconds

    def _extract(self) -> np.ndarray:
        rows = self.features.predict_on_batch(self.work.inputs)  # type: ignore[union-attr]
        return np.asarray(rows).reshape(self.work.sample, -1)

    def _learn(self) -> float:
        batch = self.learning.batch(self.work.inputs, self.work.targets)
        return float(self.step.train_on_batch(*batch, return_dict=True)["loss"])  # type: ignore[union-attr]

    def _features(self, model: keras.Model) -> keras.Model | None:
        if self.work.recipe.fine_tune is None:
            return None
        extractor, _ = freezing.parts(model)
        freezing.freeze(extractor)
        if len(extractor.outputs) > 1:  # such maps are never stored
            return None
        return _wrapped(fold(extractor))

    def _step(self, model: keras.Model) -> keras.Model | None:
        if not self.work.steps:
            return None
        tune = self.work.recipe.fine_tune
        if tune is not None and tune.thaw is not None:
            extractor, _ = freezing.parts(model)
            freezing.thaw(extractor, tune.thaw.from_layer)
        return _wrapped(fold(self.learning.model))

    def _optimizer(self, model: keras.Model) -> Any:
        """Return the optimizer of the longest phase."""
        config, tune = self.work.recipe.training, self.work.recipe.fine_tune
        if tune is None:
            return make_optimizer(config, config.learning_rate)
        if tune.thaw is None:
            return make_optimizer(config, tune.head.learning_rate)
        extractor, _ = freezing.parts(model)
        factors = freezing.rate_factors(extractor, tune.thaw.layer_decay)
        rate = tune.thaw.learning_rate
        return make_optimizer(config, rate, factors, tune.thaw.optimizer)


@dataclass(frozen=True)
class FirstSteps:
    """What a network answered first.

    Args:
        rows: float array (batch, features), or None without an extractor.
        losses: before each of the first training steps.
    """

    rows: np.ndarray | None
    losses: list[float]

    def fault(self, reference: "FirstSteps") -> str:
        """Return what is wrong with these steps, judged by those in float32, or ""."""
        for ours, exact in zip(self.losses, reference.losses, strict=True):
            off = abs(ours - exact)
            if not math.isfinite(ours) or off > LOSS_SHARE * abs(exact) + LOSS_MARGIN:
                return f"loss {ours:.3g} against {exact:.3g} in float32"
        if self.rows is None or reference.rows is None:
            return ""
        if not np.isfinite(self.rows).all():
            return "features that are not finite"
        alike = cosines(self.rows, reference.rows)
        if alike.min() < LEAST_COSINE or np.median(alike) < MEDIAN_COSINE:
            return f"features only {alike.min():.3f} alike (cosine) those in float32"
        return ""


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the cosine similarity of each pair of rows, float64 (rows,)."""
    one, other = one.astype("float64"), other.astype("float64")
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return (one * other).sum(axis=1) / np.maximum(lengths, 1e-30)


def _wrapped(model: keras.Model) -> keras.Model:
    return keras.Model(model.input, model.output, name=model.name)


def _drop_nothing(model: keras.Model) -> None:
    for layer in model._flatten_layers():
        if hasattr(layer, "rate") and "Dropout" in type(layer).__name__:
            layer.rate = 0.0


def _seconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
