"""A language model one character at a time, with its states carried on."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfapp.base.errors import ConfigError
from tfapp.domains.text.language.load import TextDataset
from tfapp.domains.text.language.preprocessor import OTHER, CharacterPreprocessor
from tfapp.domains.text.layers.ngram_mixture import NgramMixture

States = Sequence[Any]

PROMPTED = 40
"""Characters of a text behind which `continuations` writes."""


class Stepper:
    """The layers of `recurrent_language_model`, called for one character of each text.

    Args:
        model: ids (batch, length) → logits; embedding, recurrent layers, dense, and
            n-grams if there are some.
    """

    def __init__(self, model: keras.Model) -> None:
        kinds = keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN
        self.layers = list(model.layers)
        mixed = isinstance(self.layers[-1], NgramMixture)
        self.mixture = self.layers.pop() if mixed else None
        self.cells = [layer.cell for layer in model.layers if isinstance(layer, kinds)]

    def begin(self, batch: Any) -> list[Any]:
        """Return the states before the first character, each (batch, ...)."""
        states = [
            state
            for cell in self.cells
            for state in _as_list(cell.get_initial_state(batch_size=batch))
        ]
        return states + (self.mixture.begin(batch) if self.mixture else [])

    def __call__(self, ids: Any, states: States) -> tuple[Any, list[Any]]:
        """Return logits (batch, characters) behind a character, and the states.

        Args:
            ids: int (batch,).
            states: as `begin` or the last call returned.
        """
        x, left, moved = ids, list(states), []
        for layer in self.layers:
            if isinstance(layer, keras.layers.InputLayer | keras.layers.Dropout):
                continue
            if (cell := getattr(layer, "cell", None)) is None:
                x = layer(x)
                continue
            count = len(_as_list(cell.state_size))
            own, left = left[:count], left[count:]
            x, states_behind = cell(x, own, training=False)
            moved += _as_list(states_behind)
        if self.mixture is None:
            return x, moved
        mixed, behind = self.mixture.step(ids, x, left)
        return mixed, moved + behind


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def shares(logits: np.ndarray, temperature: float, top_k: int) -> np.ndarray:
    """Return the probabilities that a character is drawn by.

    Args:
        logits: float (characters,).
        temperature: they are divided by it; 0 leaves the most probable one alone.
        top_k: most probable ones that may be drawn, 0 for all.
    """
    scores = np.asarray(logits, np.float64).copy()
    scores[OTHER] = -np.inf  # never a character that training does not have
    if top_k:
        scores[scores < np.sort(scores)[-min(top_k, len(scores))]] = -np.inf
    if temperature == 0:
        scores = np.where(scores == scores.max(), 0.0, -np.inf)
    scaled = (scores - scores.max()) / (temperature or 1.0)
    drawn = np.exp(scaled)
    return np.asarray(drawn / drawn.sum())


def stream(
    model: keras.Model,
    preprocessor: CharacterPreprocessor,
    prompt: str,
    *,
    length: int,
    temperature: float = 1.0,
    top_k: int = 0,
    seed: int = 0,
) -> Iterator[str]:
    """Yield characters that follow a prompt, one by one, for as long as they are taken.

    Args:
        model: ids → logits.
        preprocessor: characters to ids.
        prompt: what comes before; a new line stands before it.
        length: number of characters.
        temperature: below 1 for more probable ones, above 1 for stranger ones.
        top_k: most probable ones that may be drawn, 0 for all.
        seed: of the draws; the same gives the same text.

    Raises:
        ConfigError: for a temperature or a number below 0.
    """
    if temperature < 0 or top_k < 0 or length < 1:
        raise ConfigError(
            "A sample takes a temperature and `top_k` of 0 or more, and a length of 1 "
            f"or more. Received: {temperature}, {top_k} and {length}"
        )
    stepper = Stepper(model)

    # An argument changes with every step; a Python number would be traced each time.
    @tf.function(reduce_retracing=True, autograph=False)
    def step(ids: Any, states: Any) -> Any:
        return stepper(ids, states)

    generator = np.random.default_rng(seed)
    states, names = stepper.begin(1), preprocessor.names()
    logits = None
    for symbol in preprocessor.ids("\n" + prompt):
        logits, states = step(tf.constant([symbol]), states)
    for _ in range(length):
        weights = shares(np.asarray(logits)[0], temperature, top_k)
        symbol = int(generator.choice(len(weights), p=weights))
        yield names[symbol]
        logits, states = step(tf.constant([symbol], tf.int32), states)


def continuations(
    model: keras.Model,
    text: TextDataset,
    place: int,
    length: int,
    temperatures: Sequence[float],
) -> Iterator[tuple[float, str]]:
    """Yield each temperature, and what a model writes with it behind 40 characters.

    Args:
        model: ids → logits.
        text: the characters are its own.
        place: of the first of them; behind the end of the text, its beginning is taken.
        length: number of characters to write.
        temperatures: see `stream`.

    Yields:
        Temperature, and the 40 characters with the written ones behind them.
    """
    names, start = text.preprocessor.names(), place if place < len(text.text) else 0
    prompt = "".join(names[i] for i in text.text[start : start + PROMPTED])
    for temperature in temperatures:
        drawn = stream(
            model, text.preprocessor, prompt, length=length, temperature=temperature
        )
        yield temperature, prompt + "".join(drawn)
