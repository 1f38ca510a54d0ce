"""Trials in TensorBoard's table HPARAMS; see `runs.watching.hparams`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfapp.recipes.tuning import Dimension
from tfapp.runs.watching import hparams
from tfapp.tuning.page.wording import setting
from tfapp.tuning.records import COMPLETE, FAILED, STOPPED, TrialRecord

METRIC = "objective"


def write_experiment(folder: Path, dimensions: Mapping[str, Dimension]) -> None:
    """Write which settings and which figure the table has, once.

    Args:
        folder: of the search.
        dimensions: dotted key → its values.
    """
    from tensorboard.plugins.hparams import summary_v2 as hp

    if hparams.is_written(folder):
        return
    columns = [hp.HParam(key, _domain(hp, d)) for key, d in dimensions.items()]
    pb = hp.hparams_config_pb(hparams=columns, metrics=[hp.Metric(METRIC)])
    hparams.write(folder, [pb])


def write_trial(logs: Path, trial: TrialRecord, group: str) -> None:
    """Write the line of a trial that has ended, once.

    Args:
        logs: of its run; its scalars lie below.
        trial: its settings, status and objective.
        group: unique name of the line.
    """
    from tensorboard.plugins.hparams import summary_v2 as hp

    if hparams.is_written(logs) or trial.status not in (COMPLETE, STOPPED, FAILED):
        return
    values = {
        key: value if isinstance(value, bool | int | float | str) else setting(value)
        for key, value in trial.values.items()
    }
    start = hp.hparams_pb(values, trial_id=group)
    records = [start, hparams.session_end(trial.status != FAILED)]
    if trial.value is not None:
        records.append(hparams.scalar(METRIC, trial.value))
    hparams.write(logs, records)


def _domain(hp: Any, dimension: Dimension) -> Any:
    if not dimension.choices:
        kind = hp.IntInterval if dimension.integer else hp.RealInterval
        number = int if dimension.integer else float
        return kind(number(dimension.min or 0), number(dimension.max or 0))
    kinds = {type(choice) for choice in dimension.choices}
    if len(kinds) == 1 and kinds <= {bool, int, float, str}:
        return hp.Discrete(list(dimension.choices))
    return hp.Discrete([setting(choice) for choice in dimension.choices])
