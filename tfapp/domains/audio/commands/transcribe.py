"""The command that writes down what is said in recordings of any length."""

from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli import show
from tfapp.cli.options import Inputs, Json, Quiet, Runs


def transcribe(
    model: Annotated[str, typer.Argument(help="SavedModel or run of speech.")],
    inputs: Inputs,
    seconds: Annotated[float, typer.Option(help="Of a part that is read.")] = 10.0,
    overlap: Annotated[
        float, typer.Option(help="Seconds that neighbouring parts share.")
    ] = 2.0,
    runs_folder: Runs = Path("runs"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write down what is said in recordings of any length, part by part."""
    from tfapp.domains.audio.verbs.transcribe import transcribe

    transcripts = transcribe(
        model,
        inputs,
        seconds=seconds,
        overlap=overlap,
        runs_folder=runs_folder,
        reporter=Reporter(quiet),
    )
    if json:
        show.as_json([row.to_json() for row in transcripts.rows])
    else:
        for row in transcripts.rows:
            show.line(f"{row.path}: {row.error or row.text or 'nothing'}")
    transcripts.require_good()
