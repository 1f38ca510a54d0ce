"""The command line: parses and prints, decides nothing.

Each verb is one function of the Python API, imported when it is called, so that
`tfapp --help` and every mistake in a recipe answer without importing TensorFlow.
"""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli import (
    describing,
    exporting,
    fitting,
    launching,
    predicting,
    serving,
    show,
    tuning,
)
from tfapp.cli.domain_commands import DomainCommands
from tfapp.cli.options import (
    Data,
    Delimiter,
    Image,
    Json,
    Label,
    LabelFrom,
    Log,
    Models,
    Name,
    Overrides,
    Quiet,
    Runs,
    Separator,
    TextColumn,
    data_overrides,
)
from tfapp.cli.runs import runs

app = typer.Typer(
    cls=DomainCommands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="From a small dataset to a served Keras model with one command.",
)


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.")
    ] = False,
) -> None:
    """From a small dataset to a served Keras model with one command."""
    if version:
        from tfapp import __version__

        show.line(__version__)
        raise typer.Exit


@app.command()
def run(
    recipe: Annotated[
        str, typer.Argument(help="Name (`tfapp list recipes`), file, or run to resume.")
    ],
    overrides: Overrides = [],  # noqa: B006 - typer copies it
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was killed.")
    ] = False,
    runs_folder: Runs = Path("runs"),
    saved_models: Models = Path("saved_models"),
    json: Json = False,
    quiet: Quiet = False,
    log: Log = "text",
) -> None:
    """Train, evaluate and export what a recipe describes."""
    from tfapp.verbs import run as verb

    do = verb.resume if resume else verb.run
    result = do(
        recipe,
        overrides,
        runs_folder=runs_folder,
        saved_models=saved_models,
        reporter=Reporter(quiet, log=log),
    )
    show.result(result, json)


app.command()(launching.launch)
app.command()(launching.decode)
app.command()(fitting.fit)


@app.command()
def check(
    data: Data,
    overrides: Overrides = [],  # noqa: B006 - typer copies it
    image: Image = "",
    text: TextColumn = "",
    label: Label = "",
    label_from: LabelFrom = "",
    separator: Separator = "",
    delimiter: Delimiter = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Look for trouble in data before the first epoch; change nothing."""
    from tfapp.verbs.check import check

    said = data_overrides(image, label, label_from, separator, delimiter, text)
    settings = [*said, *overrides]
    show.check(check(data, settings, reporter=Reporter(quiet)), json)


@app.command()
def evaluate(
    name: Name,
    data: Annotated[
        str, typer.Option("--data", help="Other data; default: the run's test split.")
    ] = "",
    runs_folder: Runs = Path("runs"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Evaluate a run's model, on its own test split or on other data."""
    from tfapp.verbs.evaluate import evaluate

    results = evaluate(name, data, runs_folder=runs_folder, reporter=Reporter(quiet))
    show.results(results, json)


app.command()(predicting.predict)
app.command()(predicting.explain)
app.command()(describing.describe)
app.command()(exporting.export)


@app.command()
def compare(
    names: Annotated[list[str], typer.Argument(help="Runs: NAME = all finished.")],
    out: Annotated[Path, typer.Option(help="Folder of the page.")] = Path("comparison"),
    runs_folder: Runs = Path("runs"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare finished runs: a table, a page, and which differences are real."""
    from tfapp.cli import show_comparison
    from tfapp.verbs.compare import compare

    comparison = compare(
        names, out=out, runs_folder=runs_folder, reporter=Reporter(quiet)
    )
    show_comparison.comparison(comparison, out, json)


@app.command("list")
def list_(
    what: Annotated[
        str, typer.Argument(help="models, recipes, datasets, tasks, weights …")
    ],
    json: Json = False,
) -> None:
    """List what recipes may name."""
    from tfapp.verbs.catalogue import rows

    show.catalogue(rows(what), json)


@app.command()
def board(
    names: Annotated[
        list[str], typer.Argument(help="Runs: NAME = all of it; none = all.")
    ] = [],  # noqa: B006
    runs_folder: Runs = Path("runs"),
    port: Annotated[int, typer.Option(min=1, max=65535)] = 6006,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Show runs in TensorBoard until Ctrl-C."""
    from tfapp.verbs.board import board

    code = board(names, runs_folder=runs_folder, port=port, host=host, say=show.line)
    raise typer.Exit(code)


@app.command()
def doctor(json: Json = False) -> None:
    """Examine this machine: versions, GPU, memory, caches, weights."""
    from tfapp.verbs.doctor import examine

    show.findings(examine(), json)


app.command()(serving.serve)
app.add_typer(runs, name="runs")
app.command()(tuning.tune)
app.command()(tuning.lr)
