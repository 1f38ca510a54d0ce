"""Compare finished runs: tables, pictures, and which differences are real."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tfapp import recipes, runs, tasks
from tfapp.base.errors import ConfigError
from tfapp.base.files import require_writable, write_text
from tfapp.base.reporter import Reporter
from tfapp.comparison.compared import Comparison, compare_records
from tfapp.comparison.files import write_comparison
from tfapp.comparison.record import RunRecord, read_record
from tfapp.runs import Run

FINISHED = ("complete", "unknown")


def compare(
    names: Sequence[str] | str,
    *,
    out: Path | str = "",
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> Comparison:
    """Compare finished runs with one primary metric; TensorFlow is not needed.

    Runs whose recipes differ only in the seed are one group. Groups tested on the
    same examples, by their content, are compared example by example.

    Args:
        names: each a run's folder, "NAME/NUMBER", or a name (or the folder of a
            name) for all of its finished runs.
        out: folder for comparison.html, .csv and .json, and learning_curve.svg if
            sizes of training sets differ; "" to write nothing.
        runs_folder: where runs lie.
        reporter: receives the progress; None for one on stderr.

    Returns:
        The groups, their differences, and the examples that every run missed.

    Raises:
        ConfigError: if there is no such run, one did not finish or is damaged, or
            the runs have other primary metrics or other classes.
        TfappError: if `out` cannot be written.
    """
    reporter = reporter or Reporter()
    if out:  # before the work, not after it
        require_writable(Path(out))
    finished_runs, notes = _find(
        [names] if isinstance(names, str) else names, runs_folder
    )
    with reporter.stage("read runs", unit="runs") as stage:
        records = []
        for number, run in enumerate(finished_runs, start=1):
            records.append(_read(run))
            stage(number, len(finished_runs))
    with reporter.stage("compare"):
        comparison = compare_records(records, notes)
    if out:
        with reporter.stage("write comparison"):
            _write(Path(out), comparison)
    return comparison


def _write(folder: Path, comparison: Comparison) -> None:
    from tfapp.comparison.charts import size_picture
    from tfapp.comparison.page import comparison_report
    from tfapp.report.page import write_report
    from tfapp.report.style import to_svg

    write_comparison(folder, comparison)
    data = comparison.records[0].recipe["data"]
    report = comparison_report(comparison, tasks.preview(data["kind"]))
    write_report(folder / "comparison.html", report)
    curve = folder / "learning_curve.svg"
    if comparison.lines:
        picture = to_svg(size_picture(comparison.groups, comparison.lines))
        write_text(curve, picture.decode("utf-8"))
    else:  # that of an earlier comparison would be taken for this one's
        curve.unlink(missing_ok=True)


def _find(names: Sequence[str], root: Path | str) -> tuple[list[Run], list[str]]:
    """Return every run named, each once, and what was left out."""
    if not names:
        raise ConfigError(
            "No run to compare. Expected folders such as runs/NAME/1, or names of runs."
        )
    runs_by_folder: dict[Path, Run] = {}
    notes: list[str] = []
    for name in names:
        for run in _named(name, Path(root), notes):
            runs_by_folder.setdefault(run.folder.resolve(), run)
    return list(runs_by_folder.values()), notes


def _named(name: str, root: Path, notes: list[str]) -> Iterator[Run]:
    """Yield the run of a folder or number, or all finished ones of a name."""
    for folder in (Path(name).expanduser(), root / name):
        if numbered := [] if folder.name.isdigit() else runs.numbered(folder):
            finished = [Run(p) for p in numbered if Run(p).status() in FINISHED]
            if left_out := len(numbered) - len(finished):
                notes.append(f"Unfinished runs of {name} left out: {left_out}.")
            if finished:
                yield from finished
                return
    run = runs.find(name, root)  # one run, or the reason why there is none
    if run.status() not in FINISHED:
        raise ConfigError(
            f"{run.folder} did not finish: it is {run.status()!r}. Go on with "
            f"`{run.resume_command}`, or leave it out."
        )
    yield run


def _read(run: Run) -> RunRecord:
    if not run.recipe_file.is_file():
        raise ConfigError(
            f"{run.folder} is no run: it has no recipe.toml. Expected a folder such "
            "as runs/NAME/1."
        )
    try:
        recipe = run.recipe()
    except ConfigError as error:
        raise ConfigError(
            f"{error} Another version of tfapp wrote it, perhaps; leave the run out."
        ) from None
    described = recipes.describe(recipe)
    return read_record(run.folder, described)
