"""Keras models as compiled JAX functions, and how fast these are."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import keras

from gpu_parts.book import Book, speed
from gpu_parts.subjects import Subject

COMPILERS = 4
"""Programs that are compiled at a time; tracing is one at a time."""


@contextmanager
def precision(policy: str):
    """Build layers under a dtype policy of Keras inside the block."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def make_optimizer(model: keras.Model, policy: str) -> Any:
    """Return Adam for what learns now; float16 scales its loss."""
    optimizer = keras.optimizers.Adam(1e-4)
    if policy == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(model.trainable_variables)
    return optimizer


def training_state(model: keras.Model, optimizer: Any) -> tuple[list[Any], ...]:
    """Return copies of what a step changes: weights, other variables, optimizer's."""
    groups = (model.trainable_variables, model.non_trainable_variables)
    return tuple(
        [jnp.copy(v.value) for v in group] for group in (*groups, optimizer.variables)
    )


def training_step(subject: Subject, optimizer: Any) -> Callable[..., Any]:
    """Return the function of state, inputs and targets that gives state and loss."""

    def loss_of(weights: Any, others: Any, slots: Any, inputs: Any, targets: Any):
        outputs, others = subject.model.stateless_call(
            weights, others, inputs, training=True
        )
        loss = subject.loss(targets, outputs)
        pairs = zip(optimizer.variables, slots, strict=True)
        with keras.StatelessScope(state_mapping=list(pairs)):
            scaled = optimizer.scale_loss(loss)
        return scaled, (others, loss)

    def step(state: Any, inputs: Any, targets: Any) -> tuple[Any, Any]:
        weights, others, slots = state
        gradient = jax.value_and_grad(loss_of, has_aux=True)
        (_, (others, loss)), gradients = gradient(
            weights, others, slots, inputs, targets
        )
        weights, slots = optimizer.stateless_apply(slots, gradients, weights)
        return (weights, others, slots), loss

    return step


class Program(NamedTuple):
    """A traced function with what it is called with; `compiled` comes later."""

    training: bool
    lowered: Any
    state: Any
    trace_s: float


def trace(subject: Subject, work: str, policy: str) -> Program:
    """Trace inference, or a step of training for what learns at this moment."""
    start = time.perf_counter()
    model = subject.model
    if work == "inference":
        state: Any = (
            [v.value for v in model.trainable_variables],
            [v.value for v in model.non_trainable_variables],
        )

        def answer(state: Any, inputs: Any) -> Any:
            return model.stateless_call(*state, inputs, training=False)[0]

        lowered = jax.jit(answer).lower(state, subject.inputs)
    else:
        optimizer = make_optimizer(model, policy)
        state = training_state(model, optimizer)
        step = jax.jit(training_step(subject, optimizer), donate_argnums=0)
        lowered = step.lower(state, subject.inputs, subject.targets)
    return Program(work != "inference", lowered, state, time.perf_counter() - start)


def compile_all(programs: Iterable[Program]) -> list[tuple[Any, float]]:
    """Return compiled functions, or exceptions, and the seconds each took."""

    def one(program: Program) -> tuple[Any, float]:
        start = time.perf_counter()
        try:
            compiled = program.lowered.compile()
        except Exception as error:
            compiled = error
        return compiled, time.perf_counter() - start

    with ThreadPoolExecutor(COMPILERS) as pool:
        return list(pool.map(one, programs))


def timed(
    program: Program, compiled: Any, subject: Subject, *, tiny: bool
) -> dict[str, Any]:
    """Return the speed of a compiled program on two batches that take turns.

    Raises:
        Exception: what compiling raised.
    """
    if isinstance(compiled, Exception):
        raise compiled
    first = jax.device_put((subject.inputs, subject.targets))
    second = jax.tree.map(lambda a: jnp.roll(a, 1, axis=0), first)
    batches, state, count = (first, second), program.state, 0

    def call() -> Any:
        nonlocal state, count
        inputs, targets = batches[count % 2]
        count += 1
        if not program.training:
            return compiled(state, inputs)
        state, loss = compiled(state, inputs, targets)
        return loss

    found: dict[str, Any] = speed(call, jax.block_until_ready, subject.items, tiny=tiny)
    if program.training:
        found["finite_loss"] = bool(jnp.isfinite(call()))
    return found | {"temporary_gb": temporary_gb(compiled)}


def temporary_gb(compiled: Any) -> float | None:
    """Return the gigabytes (1e9) a program needs beside its arguments, if reported."""
    analysis = compiled.memory_analysis()
    return analysis.temp_size_in_bytes / 1e9 if analysis else None


def measure_works(
    book: Book,
    subject: Subject,
    works: Iterable[tuple[str, Callable[[], None]]],
    policy: str,
    *,
    tiny: bool,
    **row: Any,
) -> None:
    """Trace works one by one, compile them together, time them one by one.

    Args:
        book: receives one row per work.
        subject: the network.
        works: names, "inference" or any other for training; and what is called
            before the work is traced.
        policy: dtype policy under which the network was built.
        tiny: one step per turn.
        row: what every row says in addition.
    """
    row["policy"] = policy
    programs = {}
    for work, prepare in works:
        with book.guarded(**row, work=work):
            prepare()
            programs[work] = trace(subject, work, policy)
    for work, (compiled, seconds) in zip(
        programs, compile_all(programs.values()), strict=True
    ):
        about = {**row, "work": work, "batch": subject.items}
        if not book.fits(**about):
            continue
        with book.guarded(**about):
            found = timed(programs[work], compiled, subject, tiny=tiny)
            traced = programs[work].trace_s
            book.add(**about, **found, trace_s=traced, compile_s=seconds)
