"""What libraries report to programmers: out of the user's way, in the run's log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOGGERS = ("tensorflow", "absl", "py.warnings")
"""Those that write to stderr on their own; what matters is raised as an error."""
FORMAT = "%(asctime)s %(name)s %(levelname)s: %(message)s"


def set_messages_aside() -> None:
    """Take the messages of libraries off stderr, for as long as the process lives."""
    logging.captureWarnings(True)
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False


@contextmanager
def messages_in(path: Path) -> Iterator[None]:
    """Write the messages of libraries to a file while the block lasts.

    Args:
        path: of the file, which appears with the first message.
    """
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter(FORMAT))
    loggers = [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()
