"""The command that writes on from a prompt."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli.options import Name, Quiet, Runs


def sample(
    name: Name,
    prompt: Annotated[str, typer.Option(help="What comes before.")] = "",
    length: Annotated[int, typer.Option(help="Number of characters.")] = 500,
    temperature: Annotated[
        float, typer.Option(help="Below 1 likelier, above 1 stranger characters.")
    ] = 0.8,
    top_k: Annotated[
        int, typer.Option(help="Draw among so many of the likeliest; 0 = all.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="The same gives the same text.")] = 0,
    runs_folder: Runs = Path("runs"),
    quiet: Quiet = False,
) -> None:
    """Write on from a prompt, character by character, by a model of running text."""
    from tfapp.domains.text.verbs.sample import sample

    characters = sample(
        name,
        prompt,
        length=length,
        temperature=temperature,
        top_k=top_k,
        seed=seed,
        runs_folder=runs_folder,
        reporter=Reporter(quiet),
    )
    sys.stdout.write(prompt)
    for character in characters:
        sys.stdout.write(character)
        sys.stdout.flush()  # a reader sees each as soon as it is drawn
    sys.stdout.write("\n")
