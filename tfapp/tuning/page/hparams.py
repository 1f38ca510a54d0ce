"""Trials in TensorBoard's table HPARAMS, one line each.

The line of a trial is written into the logs of its run, so its scalars and its
settings are under one name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfapp.recipes.tuning import Dimension
from tfapp.tuning.page.wording import setting
from tfapp.tuning.records import COMPLETE, FAILED, STOPPED, TrialRecord

MARK = "hparams"
"""Part of the file names of what is written here."""
METRIC = "objective"


def write_experiment(folder: Path, dimensions: Mapping[str, Dimension]) -> None:
    """Write which settings and which figure the table has, once.

    Args:
        folder: of the search.
        dimensions: dotted key → its values.
    """
    from tensorboard.plugins.hparams import summary_v2 as hp

    if _is_written(folder):
        return
    columns = [hp.HParam(key, _domain(hp, d)) for key, d in dimensions.items()]
    pb = hp.hparams_config_pb(hparams=columns, metrics=[hp.Metric(METRIC)])
    _write(folder, [pb])


def write_trial(logs: Path, trial: TrialRecord, group: str) -> None:
    """Write the line of a trial that has ended, once.

    Args:
        logs: of its run; its scalars lie below.
        trial: its settings, status and objective.
        group: unique name of the line.
    """
    from tensorboard.plugins.hparams import summary_v2 as hp

    if _is_written(logs) or trial.status not in (COMPLETE, STOPPED, FAILED):
        return
    values = {
        key: value if isinstance(value, bool | int | float | str) else setting(value)
        for key, value in trial.values.items()
    }
    start = hp.hparams_pb(values, trial_id=group)
    records = [start, _session_end(trial.status)]
    if trial.value is not None:
        records.append(_scalar(METRIC, trial.value))
    _write(logs, records)


def _session_end(status: str) -> Any:
    """Return the record of how a trial ended, as the plugin reads it."""
    import time

    from tensorboard.compat.proto import summary_pb2
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    code = "STATUS_FAILURE" if status == FAILED else "STATUS_SUCCESS"
    info = plugin_data_pb2.SessionEndInfo(
        status=api_pb2.Status.Value(code), end_time_secs=time.time()
    )
    data = plugin_data_pb2.HParamsPluginData(session_end_info=info)
    summary = summary_pb2.Summary()
    summary.value.add(
        tag=metadata.SESSION_END_INFO_TAG,
        metadata=metadata.create_summary_metadata(data),
        tensor=metadata.NULL_TENSOR,
    )
    return summary


def _domain(hp: Any, dimension: Dimension) -> Any:
    if not dimension.choices:
        kind = hp.IntInterval if dimension.integer else hp.RealInterval
        number = int if dimension.integer else float
        return kind(number(dimension.min or 0), number(dimension.max or 0))
    kinds = {type(choice) for choice in dimension.choices}
    if len(kinds) == 1 and kinds <= {bool, int, float, str}:
        return hp.Discrete(list(dimension.choices))
    return hp.Discrete([setting(choice) for choice in dimension.choices])


def _is_written(folder: Path) -> bool:
    return any(folder.glob(f"*.{MARK}")) if folder.is_dir() else False


def _scalar(tag: str, value: float) -> Any:
    """Return a scalar as the plugin of scalars reads it."""
    from tensorboard.compat.proto import summary_pb2, tensor_pb2, types_pb2
    from tensorboard.plugins.scalar import metadata

    summary = summary_pb2.Summary()
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT, float_val=[value])
    tensor.tensor_shape.SetInParent()
    summary.value.add(
        tag=tag,
        metadata=metadata.create_summary_metadata(display_name="", description=""),
        tensor=tensor,
    )
    return summary


def _write(folder: Path, records: list[Any]) -> None:
    """Write records without TensorFlow, which would take hold of the GPUs."""
    import time

    from tensorboard.compat.proto import event_pb2
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    folder.mkdir(parents=True, exist_ok=True)
    writer = EventFileWriter(str(folder), filename_suffix=f".{MARK}")
    for record in records:
        writer.add_event(event_pb2.Event(wall_time=time.time(), step=0, summary=record))
    writer.close()
