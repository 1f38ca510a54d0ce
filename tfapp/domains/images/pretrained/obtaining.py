"""Bringing the weights of a network onto this machine, or reporting why not."""

from contextlib import nullcontext

from tfapp.base.errors import WeightsError
from tfapp.base.reporter import Reporter, Stage
from tfapp.domains.images.pretrained.download import Patience, Progress
from tfapp.domains.images.pretrained.extractors import find_extractor
from tfapp.domains.images.pretrained.file_choice import pretrained_weights
from tfapp.domains.images.pretrained.weight_files import WeightsFile, pretrained_files
from tfapp.recipes.plan import Machine

SHARE_OF_BUDGET = 0.2
"""Of the minutes of `fit`, which a download may take; the next one continues it."""


def obtain(
    name: str,
    reporter: Reporter,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> WeightsFile:
    """Return an extractor's pretrained file; a download shows its progress.

    Args:
        name: of the extractor.
        reporter: receives the megabytes.
        patience: how long a download may take.

    Raises:
        UnknownNameError: if there is no such extractor.
        WeightsError: if the file cannot be had, or is damaged.
    """
    extractor = find_extractor(name)
    here = any(pretrained_files(extractor, extractor.weights))
    stage = nullcontext() if here else reporter.stage(f"fetch {name}", unit="MB")
    with stage as shown:
        progress = _in_megabytes(shown) if shown else None
        return pretrained_weights(name, progress=progress, patience=patience)


def failure_to_obtain(name: str, machine: Machine) -> str:
    """Bring the weights of a network here; return why that failed, "" if they are here.

    Args:
        name: of the extractor.
        machine: whose reporter and minutes the download has.

    Raises:
        UnknownNameError: if there is no such extractor.
    """
    patience = Patience()
    if machine.minutes:
        patience = Patience(total_seconds=60 * machine.minutes * SHARE_OF_BUDGET)
    try:
        obtain(name, machine.reporter or Reporter(quiet=True), patience)
    except WeightsError as error:
        return str(error)
    return ""


def _in_megabytes(stage: Stage) -> Progress:
    """Return what shows bytes as megabytes."""

    def progress(received: int, total: int) -> None:
        stage(received // 10**6, total // 10**6)

    return progress
