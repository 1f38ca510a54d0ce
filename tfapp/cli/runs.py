"""The commands on runs that exist."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from tfapp.cli import show
from tfapp.cli.options import Json, Runs

runs = typer.Typer(help="Runs that exist: list, delete.")


@runs.callback(invoke_without_command=True)
def list_(
    context: typer.Context, runs_folder: Runs = Path("runs"), json: Json = False
) -> None:
    """List every run: when it began, its task, its main figure, its size."""
    if context.invoked_subcommand:
        return
    from tfapp.report.wording import size
    from tfapp.verbs.runs.listing import list_runs

    rows = list_runs(runs_folder)
    if json:
        show.as_json([row.to_json() for row in rows])
        return
    if not rows:
        show.line(f"No runs below {runs_folder}.")
        return
    table = Table("run", "began", "task", "result")
    table.add_column("size", justify="right")
    for row in rows:
        cells = (row.name, row.date, row.task, row.result, size(row.size))
        table.add_row(*(Text(cell.replace(show.NO_BREAK, " ")) for cell in cells))
    show.print_table(table)


@runs.command()
def rm(
    names: Annotated[list[str], typer.Argument(help="Runs: NAME/NUMBER.")],
    every: Annotated[
        bool, typer.Option("--all", help="NAME means all of its runs.")
    ] = False,
    runs_folder: Runs = Path("runs"),
) -> None:
    """Delete runs for good; their SavedModels stay."""
    from tfapp.verbs.runs.removal import remove_runs

    for folder in remove_runs(names, every=every, runs_folder=runs_folder):
        show.line(f"deleted {folder}")
