"""The card of a weight file: what it was learned from, how well, and its licence."""

from collections.abc import Mapping
from typing import Any

from tfapp.domains.images.pretrained.weight_files import Entry
from tfapp.recipes.config import DistillConfig

CARD = """# {extractor}, trained on {trained_on}

Weights of the extractor `{extractor}`, without a classifier, for
`weights = "{trained_on}"`.

| | |
|---|---|
| file | `{file}`, {megabytes:.1f} MB; kernels in float16, the rest in float32 |
| sha256 | `{sha256}` |
| data | `{data}`: {train} training, {validation} validation and {test} test images \
of {classes} classes, {size} pixels |
| accuracy | {accuracy:.1%} on the test images (95 % interval {low:.1%} to \
{high:.1%}), top-5 {top_5:.1%}; of these very weights with the run's classifier |
| accuracy of the run, before rounding | {before:.1%} |
| recipe | `{recipe}`, seed {seed} |
| training | {epochs} epochs, {minutes:.0f} minutes on {device} |
| teacher | {teacher} |
| written with | {versions} |
| licence | {licence} |
"""


def weights_card(
    entry: Entry,
    num_bytes: int,
    card: Mapping[str, Any],
    figures: Mapping[str, Any],
    licence: str,
) -> str:
    """Return the card as Markdown.

    Args:
        entry: of the weights.toml.
        num_bytes: size of the file.
        card: tfapp.json of the run, and what its metrics.json holds on the run.
        figures: of the rounded weights on the test split, with the sizes of the
            splits and the number of classes.
        licence: what others may do with the weights; "" = not stated.
    """
    recipe, phases = card["recipe"], card["phases"]
    low, high = figures["accuracy_interval"]
    distill = recipe["task_options"].get("distill")
    return CARD.format(
        extractor=entry.extractor,
        trained_on=entry.trained_on,
        file=entry.file,
        megabytes=num_bytes / 1e6,
        sha256=entry.sha256,
        data=recipe["data"]["path"],
        size="x".join(map(str, card["preprocess"]["image_size"])),
        accuracy=figures["accuracy"],
        low=low,
        high=high,
        top_5=figures.get("top_5_accuracy", 1.0),
        before=card["metrics"]["accuracy"],
        recipe=card["name"],
        seed=recipe["seed"],
        epochs=sum(len(phase["epochs"]) for phase in phases),
        minutes=sum(phase["seconds"] for phase in phases) / 60,
        device=card["device"],
        teacher=_teacher(DistillConfig(**distill)) if distill else "none",
        versions=", ".join(f"{k} {v}" for k, v in card["versions"].items()),
        licence=licence or "not stated",
        **{split: figures[split] for split in ("train", "validation", "test")},
        classes=figures["classes"],
    )


def _teacher(distill: DistillConfig) -> str:
    return (
        f"run `{distill.teacher}`; temperature {distill.temperature:g}, share "
        f"{distill.share:g}, {distill.passes} different augmented passes"
    )
