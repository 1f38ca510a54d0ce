"""Write down what a run leaves: figures, report, model."""

import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp.base.storage.checksums import write_sealed_json
from tfapp.runs.experiment import RunContext
from tfapp.tasks.outcome import Outcome
from tfapp.tasks.results import Results
from tfapp.tasks.scores import write_scores


@dataclass(frozen=True)
class RunResult:
    """What a run leaves behind.

    Args:
        folder: runs/NAME/NUMBER.
        saved_model: saved_models/NAME/VERSION; None if nothing was exported.
        report: the HTML page.
        results: as the task evaluated them.
        notes: lines for the end of the run, such as weights that were missing.
        judge: see `Outcome`.
    """

    folder: Path
    saved_model: Path | None
    report: Path
    results: Results
    notes: tuple[str, ...] = ()
    judge: str = ""

    @property
    def metrics(self) -> dict[str, Any]:
        """Figures of the test split, as in metrics.json."""
        return self.results.figures


def publish(outcome: Outcome, context: RunContext) -> RunResult:
    """Write model.keras, tfapp.json, scores.csv, metrics.json and report.html.

    Args:
        outcome: of the experiment.
        context: of the run; its facts get what is known at the end.
    """
    from tfapp.export.keras_file import save_model
    from tfapp.report.page import write_report

    run, facts, loop = context.folder, context.facts, context.loop
    if outcome.model is not None:
        with context.reporter.stage("save model"):
            save_model(outcome.model, run.model_file)
            write_sealed_json(run.card_file, dict(outcome.card))
    scores = outcome.results.scores
    write_scores(run.folder / "scores.csv", scores)
    facts |= {
        "seconds": context.reporter.seconds,
        "total_seconds": round(time.monotonic() - context.began, 1),
        "peak_memory_bytes": peak_memory_bytes(),
        "saved_model": str(outcome.saved_model or ""),
        "phases": [phase.describe() for phase in loop.phases],
        "notes": [*outcome.notes, *loop.notes],
        "parameters": outcome.model.count_params() if outcome.model else None,
        "data": outcome.data or _no_data(len(scores.rows)),
    }
    metrics = outcome.results.to_json() | {"run": facts}
    write_sealed_json(run.folder / "metrics.json", metrics)
    report = run.folder / "report.html"
    with context.reporter.stage("write report"):
        write_report(report, outcome.report(facts))
    return RunResult(
        run.folder, outcome.saved_model, report, outcome.results, judge=outcome.judge
    )


def _no_data(tested: int) -> dict[str, Any]:
    return {"examples": {"train": 0, "test": tested}, "labels": [], "strata": 1}


def peak_memory_bytes() -> int:
    """Return the most memory this process has held, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
