"""The folder of an evaluation: figures, predictions, mistakes and a report."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tfapp import runs
from tfapp.base.storage.checksums import write_sealed_json
from tfapp.data.spec import Dataset
from tfapp.report.baselines import baseline_facts
from tfapp.report.blocks import Report, Section
from tfapp.report.page import write_report
from tfapp.report.run_sections import data_section
from tfapp.runs import Run
from tfapp.tasks.results import Results
from tfapp.tasks.scores import worst_first, write_scores

FOLDER = "evaluations"
"""In a run's folder, that of all its evaluations."""


def write_evaluation(
    run: Run, data: str, results: Results, dataset: Dataset, sections: Sequence[Section]
) -> Path:
    """Write all of an evaluation into a new folder; earlier ones stay as they are.

    Args:
        run: whose model was evaluated.
        data: what it was evaluated on; "" for its own test split.
        results: of the evaluation.
        dataset: whose test split was evaluated.
        sections: of the task, for the report.

    Returns:
        RUN/evaluations/NAME/NUMBER with metrics.json, predictions.csv (a row per
        example), mistakes.csv (the wrong ones, the worst first) and report.html.

    Raises:
        StorageError: if it cannot be written; then no folder is left.
    """
    name = _plain(data) if data else "test_split"
    folder = runs.create(run.folder / FOLDER, name)
    started = datetime.now().astimezone().isoformat(timespec="seconds")
    facts = {"run": f"{run.name}/{run.number}", "data": data, "evaluated": started}
    try:
        write_sealed_json(
            folder.folder / "metrics.json", results.to_json() | {"evaluation": facts}
        )
        write_scores(folder.folder / "predictions.csv", results.scores)
        write_scores(folder.folder / "mistakes.csv", worst_first(results))
        report = _report(facts, results, dataset, sections)
        write_report(folder.folder / "report.html", report)
    except BaseException:  # Ctrl-C too: half an evaluation looks like a whole one
        folder.discard()
        raise
    return folder.folder


def _report(
    facts: dict[str, str],
    results: Results,
    dataset: Dataset,
    sections: Sequence[Section],
) -> Report:
    metric = results.metric
    data = data_section(
        dataset.examples,
        dataset.info.labels,
        [*results.notes, *dataset.notes],
        metric.examples,
        metric.labels,
    )
    return Report(
        f"{facts['run']} on {facts['data'] or 'its test split'}",
        f"evaluated {facts['evaluated']}",
        (*results.headline, *baseline_facts(metric, results.baselines)),
        (*sections, data),
    )


def _plain(data: str) -> str:
    parts = "".join(c if c.isalnum() else "_" for c in Path(data).name)
    return parts.strip("_") or "data"
