"""What an experiment leaves to be published."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.tasks.results import Results

if TYPE_CHECKING:
    from tfapp.report.blocks import Report


@dataclass(frozen=True)
class Outcome:
    """What an experiment leaves to be published.

    Args:
        results: for metrics.json, scores.csv and the terminal.
        report: returns the page, given the facts of the finished run.
        model: keras.Model for model.keras; None for none.
        card: tfapp.json next to the model.
        saved_model: folder of the exported model; None for none.
        data: what a comparison has to know of the data: "examples" of each split,
            "labels" of the outputs and "strata", the number of classes; {} for none.
        notes: lines about the data.
        judge: command that judges the model anew, {run} for its name; "" for none.
    """

    results: Results
    report: "Callable[[dict[str, Any]], Report]"
    model: Any = None
    card: Mapping[str, Any] = field(default_factory=dict)
    saved_model: Path | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    judge: str = ""
