"""Prints results on stdout: tables for people, JSON for scripts."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from tfapp.data.report import CheckReport
    from tfapp.report import blocks
    from tfapp.runs.publish import RunResult
    from tfapp.tasks.results import Results
    from tfapp.verbs.doctor import Finding
    from tfapp.verbs.explain import Explained
    from tfapp.verbs.predict import Predictions

WIDEST = 10_000
"""Columns of a table that no terminal shows."""

NO_BREAK = "\u00a0"
"""Between a number and its unit on a page; terminals and scripts take a space."""

STATUS_STYLES = {"ok": "green", "warning": "yellow", "problem": "red"}


def line(text: str) -> None:
    """Print one line as it is, however narrow the terminal."""
    Console(highlight=False).print(text, markup=False, soft_wrap=True)


def as_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def result(run_result: "RunResult", as_json_: bool) -> None:
    """Print what a run achieved, where things are, and what to do next."""
    from tfapp.runs.card import predict_command

    if as_json_:
        as_json(
            {
                "run": str(run_result.folder),
                "saved_model": str(run_result.saved_model or ""),
                "report": str(run_result.report),
                "metrics": run_result.metrics,
                "notes": list(run_result.notes),
            }
        )
        return
    line("")
    headline(run_result.results)
    for note in run_result.results.notes:
        line(note.replace(NO_BREAK, " "))
    line(f"report       {run_result.report}")
    run = _as_argument(run_result.folder)
    if run_result.saved_model is not None:
        line(f"SavedModel   {run_result.saved_model}")
        line(f"Keras model  {run_result.folder / 'model.keras'}")
    for note in run_result.notes:
        line(f"note         {note}")
    line("")
    line("next:")
    if run_result.saved_model is not None:
        line(f"  {predict_command(run_result.saved_model)}")
    if run_result.judge:
        line(f"  {run_result.judge.format(run=run)}")
    line(f"  tfapp board {run}")
    recipe = quote(str(run_result.folder / "recipe.toml"))
    line(f"  tfapp run {recipe} --set KEY=VALUE    (keys: docs/recipes.md)")


def _as_argument(folder: Path) -> str:
    """Return a run as verbs take it: NAME/NUMBER below runs/, else its folder."""
    short = folder.parts[-2:] if folder.parts[:-2] == ("runs",) else folder.parts
    return quote(str(Path(*short)))


def headline(results: "Results") -> None:
    """Print the figures that matter most, and the baselines next to them."""
    from tfapp.report.baselines import baseline_facts, baseline_verdict

    facts = (*results.headline, *baseline_facts(results.metric, results.baselines))
    width = max(12, *(len(fact.label) for fact in facts))
    for fact in facts:
        label = fact.label if fact.label[1:2].isupper() else fact.label.lower()
        text = f"{label:<{width}} {fact.value} {fact.detail}"
        line(text.replace(NO_BREAK, " ").rstrip())
    if sentence := baseline_verdict(results):
        line(sentence.replace(NO_BREAK, " "))


def results(evaluation: "Results", as_json_: bool) -> None:
    """Print the figures of an evaluation."""
    if as_json_:
        as_json(evaluation.figures)
        return
    headline(evaluation)
    for table in evaluation.tables:
        print_table(terminal_table(table))


def check(report: "CheckReport", as_json_: bool) -> None:
    """Print what `check` found."""
    if as_json_:
        as_json(report.to_json())
        return
    for text in report.lines():
        line(text)


def predictions(answers: "Predictions", top: int, as_json_: bool) -> None:
    """Print one row per input: the answer, what follows it, and its files."""
    if as_json_:
        as_json(answers.to_json())
        return
    table = Table("input", "answer", "then", "file")
    for row in answers.rows:
        if row.error:
            table.add_row(Text(row.path), Text(row.error, style="red"), "", "")
            continue
        then = [f"{name} {share:.1%}" for name, share in row.top(top)[1:]]
        texts = (row.path, row.text, ", ".join(then), "\n".join(row.files))
        table.add_row(*map(Text, texts))
    print_table(table)


def explanations(explained: "Explained", as_json_: bool) -> None:
    """Print a row per input: its answer, what decided, and where it is shown."""
    if as_json_:
        as_json(explained.to_json())
        return
    headings, rows = explained.table()
    table = Table(*headings)
    for row in rows:
        table.add_row(*map(Text, row))
    print_table(table)
    line(f"written to   {explained.folder}")


def catalogue(rows: Sequence[Mapping[str, Any]], as_json_: bool) -> None:
    """Print names with their summaries and options."""
    if as_json_:
        as_json(rows)
        return
    table = Table("name", "what it is", show_lines=False)
    for row in rows:
        text = Text(row["summary"])
        for key, option in row.get("options", {}).items():
            text.append(f"\n  {key}: {option}", style="dim")
        table.add_row(Text(row["name"]), text)
    print_table(table)


def findings(checks: Sequence["Finding"], as_json_: bool) -> None:
    """Print what `doctor` found, with advice where something is wrong."""
    if as_json_:
        as_json([finding.to_json() for finding in checks])
        return
    table = Table("what", "found", "advice")
    for finding in checks:
        style = STATUS_STYLES[finding.status]
        value = Text(str(finding.value), style=style)
        table.add_row(Text(finding.name), value, Text(finding.advice))
    print_table(table)


def print_table(table: Table) -> None:
    """Print a table; into a file or pipe as wide as it needs, so nothing is cut."""
    console = Console()
    if not console.is_terminal:
        console.width = WIDEST
    console.print(table)


def terminal_table(table: "blocks.Table") -> Table:
    """Return a table of a report as a terminal shows it."""
    shown = Table()
    for number, title in enumerate(table.header):
        is_text = number < table.text_columns
        shown.add_column(title, justify="left" if is_text else "right")
    for row in table.rows:
        shown.add_row(*(Text(text.replace(NO_BREAK, " ")) for text in row))
    return shown
