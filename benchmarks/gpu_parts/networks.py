"""VGG16, MobileNetV2 and InceptionV3: inference, and training of more and more layers.

Batch normalisation learns where its layer does, as in Keras and PyTorch by themselves.
"""

import time
from argparse import Namespace
from functools import partial

from gpu_parts import card
from gpu_parts.book import Book
from gpu_parts.programs import measure_works, precision
from gpu_parts.subjects import pretrained, thaw

WORKS = ("all", "inference", "last_block", "head")
FIRST_GUESS = 20.0
"""Seconds that a network needs in one precision, before one was measured."""


def measure(book: Book, arguments: Namespace) -> None:
    """Measure every network in one precision, then in the next."""
    book.card(**card.facts())
    needed: dict[str, float] = {}
    for policy in arguments.precisions:
        for name in arguments.networks:
            row = {"name": name, "policy": policy}
            guess = 0.0 if arguments.tiny else needed.get(name, FIRST_GUESS)
            if not book.fits(0.8 * guess, **row):
                continue
            start = time.time()
            with book.guarded(**row):
                one_network(book, name, policy, tiny=arguments.tiny)
            needed[name] = time.time() - start


def one_network(book: Book, name: str, policy: str, *, tiny: bool) -> None:
    """Measure all works of a network in one precision."""
    with precision(policy):
        subject = pretrained(name, tiny=tiny)
    jobs = [
        (work, partial(thaw, subject.model, name, "all" if work == WORKS[1] else work))
        for work in WORKS
    ]
    measure_works(book, subject, jobs, policy, tiny=tiny, name=name)
