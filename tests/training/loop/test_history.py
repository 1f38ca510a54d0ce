"""What is told of a phase."""

import dataclasses

import pytest

from tfapp.base.errors import DamageError
from tfapp.training.loop.history import PhaseHistory, main_figures, read_history


def history(waiting_share=0.0, seconds=100.0):
    """Return the history of two equal epochs."""
    row = {"seconds": seconds / 2, "waiting_share": waiting_share, "accuracy": 0.5}
    return PhaseHistory("head", [row, row], 2, 0.1, seconds, 10, "")


@pytest.mark.parametrize(
    ("share", "seconds", "told"),
    [(0.5, 100.0, True), (0.2, 100.0, False), (0.5, 4.0, False)],
)
def test_much_waiting_is_told_with_what_helps(share, seconds, told):
    """A device that starves for long is worth a line; a short phase is not."""
    advice = history(share, seconds).advice()
    assert bool(advice) == told
    if told:
        assert "50% of its time" in advice
        assert "data.cache" in advice


def test_summary_names_the_best_epoch_and_the_waiting():
    """One line: epochs, the best, its figures, the share of waiting."""
    assert history(0.25).summary() == (
        "2 epochs, best 2: accuracy 0.5000, 25% of the time waiting for data"
    )
    kept = dataclasses.replace(history(), best_epoch=0)
    assert "whose weights are kept" in kept.summary()


@pytest.mark.parametrize("sealed", [True, False])
def test_is_read_back_and_damage_is_named(tmp_path, sealed):
    """What was written is read; half a file is damage, with a checksum and without."""
    path = tmp_path / "head.json"
    history().write(path)
    assert read_history(path) == history()
    path.write_text(path.read_text()[:40])
    if not sealed:
        (tmp_path / "checksums.json").unlink()
    with pytest.raises(DamageError, match=r"head\.json is damaged"):
        read_history(path)


def test_metrics_are_shown_and_losses_where_there_is_none():
    """A person reads the metrics of a round; of a picture only the loss is known."""
    row = {"loss": 1.0, "learning_rate": 0.1, "iou": 0.5, "val_iou": 0.25}
    assert main_figures(row) == "iou 0.5000, val_iou 0.2500"
    assert main_figures({"loss": 1.0, "seconds": 3.0}) == "loss 1.0000"
