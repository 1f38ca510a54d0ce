"""Messages of libraries stay off the terminal and are kept with the run."""

import logging
import warnings

import pytest

from tfapp.machine.messages import LOGGERS, messages_in, set_messages_aside


@pytest.fixture(autouse=True)
def _loggers_as_before():
    """Give the loggers back what they had; other tests may have made them quiet."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(g, g.handlers[:], g.propagate, g.level) for g in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    yield
    logging.captureWarnings(False)
    for logger, handlers, propagate, level in before:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def test_messages_go_to_the_log_alone(tmp_path, capfd):
    """Loggers and Python's warnings write into the file while the block lasts."""
    set_messages_aside()
    log = tmp_path / "messages.log"
    with messages_in(log), warnings.catch_warnings():
        assert not log.exists()
        warnings.simplefilter("always")
        logging.getLogger("tensorflow").warning("retracing")
        warnings.warn("a structure differs", stacklevel=1)
    logging.getLogger("absl").error("afterwards")
    text = log.read_text(encoding="utf-8")
    assert "tensorflow WARNING: retracing" in text
    assert "a structure differs" in text
    assert "afterwards" not in text
    assert capfd.readouterr().err == ""
