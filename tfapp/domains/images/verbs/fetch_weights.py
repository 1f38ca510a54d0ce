"""Fetch pretrained weights before they are needed."""

from pathlib import Path

from tfapp.base.reporter import Reporter
from tfapp.domains.images.pretrained.obtaining import obtain


def fetch_weights(name: str, *, reporter: Reporter | None = None) -> Path:
    """Return the verified file of an extractor's pretrained weights.

    What is on this machine is taken from there, anything else from Keras' address or
    that of TFAPP_DOWNLOADS.

    Args:
        name: of the extractor, as in `tfapp weights list`.
        reporter: receives the progress; None for one on stderr.

    Raises:
        UnknownNameError: if there is no such extractor.
        WeightsError: if the file cannot be had, or is damaged.
    """
    return obtain(name, reporter or Reporter()).path
