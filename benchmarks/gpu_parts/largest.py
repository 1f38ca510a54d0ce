"""The largest batch whose training step fits: doubled until the memory is full."""

import time
from argparse import Namespace
from collections.abc import Callable
from functools import partial

import jax
import numpy as np

from gpu_parts import card, subjects
from gpu_parts.book import Book
from gpu_parts.programs import precision, temporary_gb, trace

FULL = ("RESOURCE_EXHAUSTED", "out of memory", "Out of memory")
MOST = 4096


def measure(book: Book, arguments: Namespace) -> None:
    """Double the batch of CapsNet in float32 and of VGG16, all layers, in bfloat16."""
    book.card(**card.facts())
    vgg16 = partial(subjects.pretrained, "VGG16")
    for name, build, policy in (
        ("capsnet", subjects.capsnet, "float32"),
        ("VGG16", vgg16, "mixed_bfloat16"),
    ):
        with book.guarded(name=name), precision(policy):
            subject = build(batch=1, tiny=arguments.tiny)
            double(book, name, subject, policy, arguments)


def double(
    book: Book,
    name: str,
    subject: subjects.Subject,
    policy: str,
    arguments: Namespace,
) -> None:
    """Write a row for every batch that is tried."""
    batch, most = (8, 16) if arguments.tiny else (512, MOST)
    needed = 0.0
    while batch <= most:
        row = {"name": name, "policy": policy, "batch": batch}
        if not book.fits(needed, **row):
            return
        start = time.time()
        try:
            found = one_step(repeated(subject, batch), policy)
        except Exception as error:
            if not any(text in str(error) for text in FULL):
                raise
            book.add(**row, fits=False, message=str(error)[:200])
            return
        book.add(**row, fits=True, most=batch == most, **found)
        needed = time.time() - start
        batch *= 2


def repeated(subject: subjects.Subject, batch: int) -> subjects.Subject:
    """Return the subject with a batch of so many times its first example."""
    repeat: Callable = partial(np.repeat, repeats=batch, axis=0)
    first = jax.tree.map(lambda a: a[:1], (subject.inputs, subject.targets))
    inputs, targets = jax.tree.map(repeat, first)
    return subject._replace(inputs=inputs, targets=targets, items=batch)


def one_step(subject: subjects.Subject, policy: str) -> dict[str, float | None]:
    """Return the memory of a step, and the images per second of the third."""
    program = trace(subject, "all", policy)
    compiled = program.lowered.compile()
    batch = jax.device_put((subject.inputs, subject.targets))
    state = program.state
    for _ in range(3):
        start = time.perf_counter()
        state, loss = compiled(state, *batch)
        jax.block_until_ready(loss)
        seconds = time.perf_counter() - start
    return {"per_s": subject.items / seconds, "temporary_gb": temporary_gb(compiled)}
