"""Write down what a run leaves: figures, report, model."""

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp.base.files import write_json
from tfapp.runs.experiment import Outcome, RunContext


@dataclass(frozen=True)
class RunResult:
    """What a run leaves behind.

    Args:
        folder: runs/NAME/NUMBER.
        saved_model: saved_models/NAME/VERSION; None if nothing was exported.
        report: the HTML page.
        metrics: as in metrics.json.
    """

    folder: Path
    saved_model: Path | None
    report: Path
    metrics: dict[str, Any]


def publish(outcome: Outcome, context: RunContext) -> RunResult:
    """Write model.keras, tfapp.json, predictions.csv, metrics.json and report.html.

    Args:
        outcome: of the experiment.
        context: of the run; its facts get what is known at the end.
    """
    from tfapp.export.keras_file import save_model
    from tfapp.report.page import write_report

    run, facts, loop = context.folder, context.facts, context.loop
    if outcome.model is not None:
        save_model(outcome.model, run.model_file)
        write_json(run.card_file, dict(outcome.card))
    if outcome.write_scores is not None:
        outcome.write_scores(run.folder / "predictions.csv")
    facts |= {
        "seconds": context.reporter.seconds,
        "total_seconds": round(time.monotonic() - context.began, 1),
        "peak_memory_bytes": peak_memory_bytes(),
        "saved_model": str(outcome.saved_model or ""),
        "phases": [phase.describe() for phase in loop.phases],
        "notes": [*outcome.notes, *loop.notes],
    }
    figures = dict(outcome.figures)
    write_json(run.folder / "metrics.json", figures | {"run": facts})
    report = run.folder / "report.html"
    with context.reporter.stage("write report"):
        write_report(report, outcome.report(facts))
    return RunResult(run.folder, outcome.saved_model, report, figures)


def peak_memory_bytes() -> int:
    """Return the most memory this process has held, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
