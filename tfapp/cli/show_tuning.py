"""Prints what a search has found."""

from dataclasses import asdict
from shlex import quote
from typing import TYPE_CHECKING

from tfapp.cli import show

if TYPE_CHECKING:
    from tfapp.verbs.tuning.lr import RateResult
    from tfapp.verbs.tuning.tune import TuneResult


def result(found: "TuneResult", as_json_: bool) -> None:
    """Print the best trial beside the recipe itself, and what to do next."""
    from tfapp.tuning.judging import verdict_lines
    from tfapp.tuning.page import wording

    if as_json_:
        show.as_json(found.to_json())
        return
    show.line("")
    for text in wording.conclusion(found.history):
        show.line(text.replace(show.NO_BREAK, " "))
    if found.judged is not None:
        for text in verdict_lines(found.judged):
            show.line(text.replace(show.NO_BREAK, " "))
    show.line(f"page         {found.page}")
    if found.best_recipe is not None:
        show.line(f"best recipe  {found.best_recipe}")
        show.line("")
        show.line("next:")
        show.line(f"  tfapp run {quote(str(found.best_recipe))}")
        show.line(f"  tfapp board --runs {quote(str(found.folder.parent))}")


def rate(found: "RateResult", as_json_: bool) -> None:
    """Print the suggestion beside the recipe's rate."""
    if as_json_:
        show.as_json(asdict(found))
        return
    show.line("")
    show.line(f"phase        {found.phase}, {len(found.rates)} steps")
    show.line(f"the recipe   {found.key}={found.current:.3g}")
    if found.suggestion is None:
        show.line("suggestion   none: the loss did not fall at any rate")
    else:
        show.line(f"suggestion   {found.key}={found.suggestion:.2g}")
    show.line(f"picture      {found.picture}")
