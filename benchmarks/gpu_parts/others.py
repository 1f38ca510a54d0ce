"""CapsNet, matrix capsules, U-Net and an LSTM: training and inference."""

from argparse import Namespace
from collections.abc import Callable
from functools import partial

from gpu_parts import card, subjects
from gpu_parts.book import Book
from gpu_parts.programs import measure_works, precision

BUILDERS: dict[str, Callable[..., subjects.Subject]] = {
    "unet": subjects.unet,
    "lstm": subjects.lstm,
    "capsnet": subjects.capsnet,
    "matrix_capsules": subjects.matrix_capsules,
    "lstm_loop": partial(subjects.lstm, cudnn=False),
}
LEAST_SECONDS = 8.0
"""With less time left, no further network is begun."""


def measure(book: Book, arguments: Namespace) -> None:
    """Measure every network in bfloat16 and float32; float16 is left out here."""
    book.card(**card.facts())
    for policy in [p for p in arguments.precisions if p != "mixed_float16"]:
        for name, build in BUILDERS.items():
            row = {"name": name, "policy": policy}
            if not book.fits(0.0 if arguments.tiny else LEAST_SECONDS, **row):
                continue
            with book.guarded(**row):
                with precision(policy):
                    subject = build(tiny=arguments.tiny)
                works = [(work, lambda: None) for work in ("training", "inference")]
                measure_works(
                    book, subject, works, policy, tiny=arguments.tiny, name=name
                )
