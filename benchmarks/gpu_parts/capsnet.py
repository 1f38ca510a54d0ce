"""The full CapsNet of 2017 on MNIST: as many epochs as fit, the test error of each.

All 60,000 digits are for training, as in the paper; nothing is chosen by the test set.
The network and its loss are those of pipelines/capsules/capsnet_2017.toml: batches of
128, all 25 shifts by up to 2 pixels, Adam from 1e-3 along half a cosine, float32.
"""

import math
import time
from argparse import Namespace
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gpu_parts import card, programs
from gpu_parts.book import Book
from gpu_parts.subjects import Subject, capsnet

SHIFT, RATE, MOST_EPOCHS = 2, 1e-3, 100
TRIAL_STEPS = 60
"""Steps that are timed, and then forgotten, to choose the number of epochs."""
SPARE = 0.9
"""Share of the time left that the chosen epochs may fill."""


def measure(book: Book, arguments: Namespace) -> None:
    """Train and write one row per epoch."""
    book.card(**card.facts())
    if not arguments.mnist:
        book.add(name="capsnet", skipped="skipped: no --mnist FILE")
        return
    with np.load(arguments.mnist) as file:
        digits = {name: file[name] for name in file.files}
    subject = capsnet(tiny=arguments.tiny)
    optimizer = programs.make_optimizer(subject.model, "float32")
    start = time.perf_counter()
    state = programs.training_state(subject.model, optimizer)
    trainer = Trainer(subject, optimizer, digits, tiny=arguments.tiny)
    trial, seconds = trainer.try_out(jax.tree.map(jnp.copy, state))
    epochs = chosen_epochs(book, seconds, arguments.tiny)
    book.add(
        name="capsnet",
        epochs=epochs,
        parameters=subject.model.count_params(),
        planned_s_per_epoch=seconds,
        seconds_before=time.perf_counter() - start,
    )
    del trial
    train(book, trainer, state, epochs)


def chosen_epochs(book: Book, seconds: float, tiny: bool) -> int:
    """Return how many epochs of so many seconds fit."""
    fitting = int(SPARE * book.clock.left() / seconds)
    return 2 if tiny else min(MOST_EPOCHS, max(1, fitting))


def train(book: Book, trainer: "Trainer", state: Any, epochs: int) -> None:
    """Train along half a cosine; stop early if the time is over."""
    total = epochs * trainer.steps
    for epoch in range(epochs):
        if not book.fits(name="capsnet", epoch=epoch + 1):
            return
        start, loss = time.perf_counter(), math.nan
        for number in range(trainer.steps):
            done = (epoch * trainer.steps + number) / total
            rate = RATE * 0.5 * (1 + math.cos(math.pi * done))
            state, loss = trainer.step(state, rate)
        loss = float(loss)
        seconds = time.perf_counter() - start
        book.add(
            name="capsnet",
            epoch=epoch + 1,
            test_error_percent=trainer.test_error(state),
            train_s=seconds,
            test_s=time.perf_counter() - start - seconds,
            images_per_s=trainer.steps * trainer.batch / seconds,
            last_loss=loss,
        )


class Trainer:
    """Steps over MNIST, which lies on the device as bytes.

    Args:
        subject: of `subjects.capsnet`.
        optimizer: built for its weights.
        digits: x_train (n, 28, 28) and y_train (n,), x_test and y_test; uint8.
        tiny: two steps per epoch.
    """

    def __init__(
        self, subject: Subject, optimizer: Any, digits: dict[str, Any], *, tiny: bool
    ) -> None:
        self.random = np.random.default_rng(0)
        self.batch = subject.items
        self.digits = jax.device_put({k: v for k, v in digits.items() if "train" in k})
        self.test = {k: v[:8] if tiny else v for k, v in digits.items() if "test" in k}
        self.count = 2 * self.batch if tiny else len(digits["y_train"])
        self.steps = self.count // self.batch
        self.order: list[Any] = []
        step = shifting_step(subject, optimizer)
        self.compiled = jax.jit(step, donate_argnums=0)
        self.answer = jax.jit(answering(subject))

    def step(self, state: Any, rate: float) -> tuple[Any, Any]:
        """Return state and loss after the next batch; epochs are shuffled anew."""
        if not self.order:
            rows = self.random.permutation(self.count)[: self.steps * self.batch]
            self.order = list(rows.astype("int32").reshape(self.steps, self.batch))
        shifts = self.random.integers(0, 2 * SHIFT + 1, (self.batch, 2))
        return self.compiled(
            state,
            self.digits["x_train"],
            self.digits["y_train"],
            self.order.pop(),
            shifts.astype("int32"),
            np.float32(rate),
        )

    def try_out(self, state: Any) -> tuple[Any, float]:
        """Return a state, and seconds of an epoch with its test, once compiled."""
        state, loss = self.step(state, RATE)
        jax.block_until_ready(loss)
        self.test_error(state)
        start = time.perf_counter()
        for _ in range(min(TRIAL_STEPS, self.steps)):
            state, loss = self.step(state, RATE)
        jax.block_until_ready(loss)
        seconds = (time.perf_counter() - start) / min(TRIAL_STEPS, self.steps)
        start = time.perf_counter()
        self.test_error(state)
        self.order = []
        return state, self.steps * seconds + time.perf_counter() - start

    def test_error(self, state: Any) -> float:
        """Return the percentage of test digits whose longest capsule is wrong."""
        images, labels = self.test["x_test"], self.test["y_test"]
        size = math.gcd(len(images), 500)
        answers = [
            self.answer(state[0], state[1], images[i : i + size])
            for i in range(0, len(images), size)
        ]
        wrong = np.concatenate([np.asarray(a) for a in answers]) != labels
        return 100 * float(wrong.mean())


def shifting_step(subject: Subject, optimizer: Any) -> Callable[..., Any]:
    """Return a training step that takes digits by number and shifts each."""
    plain = programs.training_step(subject, optimizer)
    names = [v.path.rsplit("/", 1)[-1] for v in optimizer.variables]
    rate_at = names.index("learning_rate")

    def step(
        state: Any, images: Any, labels: Any, rows: Any, shifts: Any, rate: Any
    ) -> tuple[Any, Any]:
        weights, others, slots = state
        slots = [rate if i == rate_at else slot for i, slot in enumerate(slots)]
        x = shifted(images[rows].astype("float32")[..., None], shifts)
        y = jax.nn.one_hot(labels[rows], 10)
        inputs = {"image": x, "label": y}
        targets = {"presence": y, "reconstruction": x}
        return plain((weights, others, slots), inputs, targets)

    return step


def shifted(images: Any, shifts: Any) -> Any:
    """Move each image by a number of pixels, black where nothing comes in.

    Args:
        images: float array (batch, height, width, channels).
        shifts: int array (batch, 2), 0 to 2 * SHIFT for rows and columns; SHIFT
            leaves an image where it is.
    """
    sides = ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0))
    padded = jnp.pad(images, sides)

    def one(image: Any, shift: Any) -> Any:
        return jax.lax.dynamic_slice(image, (shift[0], shift[1], 0), images.shape[1:])

    return jax.vmap(one)(padded, shifts)


def answering(subject: Subject) -> Callable[..., Any]:
    """Return the function of weights and images (batch, 28, 28) that gives classes."""

    def answer(weights: Any, others: Any, images: Any) -> Any:
        x = images.astype("float32")[..., None]
        inputs = {"image": x, "label": jnp.zeros((len(x), 10))}
        outputs, _ = subject.model.stateless_call(
            weights, others, inputs, training=False
        )
        return jnp.argmax(outputs["presence"], axis=-1)

    return answer
