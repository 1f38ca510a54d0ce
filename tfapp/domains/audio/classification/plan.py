"""The rules by which `fit` writes a recipe for recordings; see docs/audio.md."""

from typing import Any

from tfapp.data.report import CheckReport
from tfapp.domains.audio.check import require_enough
from tfapp.recipes.plan import Machine, Plan

STEPS = 2500
"""Training steps that are planned; validation ends most runs before."""
WORD_SECONDS = 1.5
"""Recordings that are typically no longer hold one word or sound from end to end."""
WORDS: dict[str, Any] = {"steps": 32, "ridge": 0.5}
NEW_VOICES: dict[str, Any] = {
    "centering": "bands",
    "warp_frequency": 0.13,
    "warp_tempo": 0.2,
}
"""Options of the network for single words, also of voices that training lacks
(docs/results.md, Audio)."""


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose network and training for recordings with class names.

    Raises:
        DataError: if the recordings cannot fill three splits.
    """
    require_enough(report)
    batch = 32 if report.usable > 400 else 16
    steps = max(1, int(report.usable * 0.7) // batch)
    epochs = min(max(STEPS // steps, 15), 120)
    is_word = report.facts["median_seconds"] <= WORD_SECONDS
    is_voice_new = is_word and report.facts["speakers"] > 2
    options = {**(WORDS if is_word else {}), **(NEW_VOICES if is_voice_new else {})}
    table: dict[str, Any] = {
        "data": {
            "batch_size": batch,
            "augmentation": {"speed": 0.15, "noise": 0.1, "tilt": 0.3},
        },
        "model": {"name": "audio_cnn", "options": options},
        "training": {
            "epochs": epochs,
            "learning_rate": 1e-3,
            "warmup_epochs": 1.0,
            "weight_decay": 1e-2 if is_voice_new else 1e-3,
            "patience": max(8, epochs // 4),
        },
    }
    if is_voice_new:
        table["task_options"] = {"label_smoothing": 0.1}
    reasons = [
        describe(report),
        split_reason(report),
        "model: audio_cnn on log-mel spectra, each recording normalised by itself"
        + (f", in {WORDS['steps']} steps, since most are short" if is_word else ""),
        "augmentation: other speeds, noise, another sound, and masks over bands and "
        "frames of the spectrum",
        f"training: up to {epochs} epochs of {steps} steps, ended by the validation "
        "split",
    ]
    if is_voice_new:
        reasons.append(
            "new voices: the mean of every band, which is a microphone's, is taken "
            "away, and training hears other heads and tempos"
        )
    return Plan(table, tuple(reasons))


def describe(report: CheckReport) -> str:
    """Return in one line what the data is."""
    facts = report.facts
    classes = f" of {len(report.per_class)} classes" if report.per_class else ""
    return (
        f"{report.usable:,} usable recordings{classes} (by {facts['answers_from']}), "
        f"typically {facts['median_seconds']:.2f} s long, most of {facts['rate']:,} Hz"
    )


def split_reason(report: CheckReport) -> str:
    """Return in one line how voices are divided."""
    speakers = report.facts["speakers"]
    if speakers > 2:
        return (
            f"split: each of {speakers} speakers belongs to one split, so the test has "
            "new voices (data.options.speakers)"
        )
    return "split: at random, since nothing names three speakers or more"
