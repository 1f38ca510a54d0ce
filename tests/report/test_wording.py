"""Tests of tfapp.report.wording."""

import pytest

from tfapp.report import wording


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.973, "97.3 %"),
        (1.0, "100.0 %"),
        (0.0, "0.0 %"),
        (0.9996, "99.96 %"),
        (0.00004, "0.004 %"),
        (None, "n/a"),
    ],
)
def test_percent_never_rounds_to_perfection(share, text):
    """Only a whole share reads 100, only nothing reads 0."""
    assert wording.percent(share) == text.replace(" ", wording.NO_BREAK)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.9, "59.9 s"), (59.97, "1 min 00 s"), (192, "3 min 12 s"),
     (3599.7, "1 h 00 min"), (7500, "2 h 05 min")],
)  # fmt: skip
def test_duration_carries_over(seconds, text):
    """Seconds, minutes and hours never read 60."""
    assert wording.duration(seconds).replace(wording.NO_BREAK, " ") == text


@pytest.mark.parametrize(
    ("num_bytes", "text"),
    [(0, "0 B"), (999, "999 B"), (1900, "1.9 kB"), (999_960, "1.0 MB"),
     (1_930_000_000, "1.9 GB"), (5 * 10**12, "5.0 TB")],
)  # fmt: skip
def test_size_carries_over(num_bytes, text):
    """Sizes never read 1000."""
    assert wording.size(num_bytes) == text.replace(" ", wording.NO_BREAK)


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [(1, "classes", "1 class"), (2, "classes", "2 classes"), (1, "images", "1 image"),
     (2000, "photos", "2,000 photos"), (1, "boxes", "1 box"), (1, "epochs", "1 epoch")],
)  # fmt: skip
def test_count_agrees_in_number(number, noun, text):
    """One is singular."""
    assert wording.count(number, noun) == text.replace(" ", wording.NO_BREAK)


@pytest.mark.parametrize("length", [4, 9, 20])
def test_shorten_keeps_both_ends(length):
    """A cut text has exactly the length asked for."""
    cut = wording.shorten("abcdefghijklmnopqrstuvwxyz", length)
    assert len(cut) == length
    assert cut[0] == "a"
    assert cut[-1] == "z"
    assert wording.shorten("short", 20) == "short"


def test_encodable_escapes_surrogates_only():
    """Text stays; what UTF-8 cannot hold becomes readable."""
    assert wording.encodable("é\udcff漢") == "é\\udcff漢"


def test_a_rounding_error_is_no_imperfection():
    """An interval's end that is computed may be 1 less the last bit."""
    assert wording.percent_interval(1 - 1e-12, 1.0).startswith("100.0–100.0")
