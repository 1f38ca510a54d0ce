"""Settings and outcome of runs in TensorBoard's table HPARAMS, one line each.

The line of a run is written into its logs, so its scalars and its settings are under
one name. It is written without TensorFlow, which would take hold of the GPUs: the
process of a search, which only watches its trials, writes such lines too.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfapp.recipes.config import Recipe

MARK = "hparams"
"""Part of the file names of what is written here."""
BEGUN, ENDED = f".begin.{MARK}", f".end.{MARK}"
ALWAYS = (
    "task",
    "seed",
    "model.name",
    "data.batch_size",
    "training.learning_rate",
    "training.epochs",
    "fine_tune.head.learning_rate",
    "fine_tune.head.epochs",
    "fine_tune.thaw.learning_rate",
    "fine_tune.thaw.epochs",
)
"""Settings of every line, where a recipe has them; others if they are no defaults."""
LEFT_OUT = (
    *("name", "description", "tuning", "export"),
    *("data.path", "data.kind", "data.cache"),
    *("runtime.watch", "runtime.histograms", "runtime.profile"),
    *("runtime.checkpoint_seconds", "runtime.threads", "runtime.malloc"),
)
"""How settings begin that change nothing of what is learned."""

Value = bool | int | float | str


def settings_of(recipe: Recipe) -> dict[str, Value]:
    """Return the settings of a recipe that tell its runs from others."""
    chosen = _flat(recipe.model_dump(exclude_defaults=True))
    every = _flat(recipe.model_dump())
    settings = {key: every[key] for key in ALWAYS if key in every}
    if "fine_tune.head.epochs" in settings:  # each phase has its own
        for key in ("training.learning_rate", "training.epochs"):
            del settings[key]
    settings |= {k: v for k, v in chosen.items() if not k.startswith(LEFT_OUT)}
    return settings


def write_begin(logs: Path, settings: Mapping[str, Value], group: str) -> None:
    """Write the settings of a run, once.

    Args:
        logs: of the run; its scalars lie below.
        settings: by name.
        group: unique name of the line.
    """
    from tensorboard.plugins.hparams import summary_v2 as hp

    if not is_written(logs):
        write(logs, [hp.hparams_pb(settings, trial_id=group)], BEGUN)


def write_end(logs: Path, success: bool, figures: Mapping[str, float]) -> None:
    """Write how a run ended, in place of what was written of an earlier end.

    Args:
        logs: of the run.
        success: whether it came to its end.
        figures: by which runs are compared.
    """
    for old in logs.glob(f"*{ENDED}"):
        old.unlink()
    records = [session_end(success), *(scalar(n, v) for n, v in figures.items())]
    write(logs, records, ENDED)


def session_end(success: bool) -> Any:
    """Return the record of how a run ended, as the plugin reads it."""
    from tensorboard.compat.proto import summary_pb2
    from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

    code = "STATUS_SUCCESS" if success else "STATUS_FAILURE"
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


def is_written(folder: Path) -> bool:
    """Say whether a folder has a line of the table."""
    return any(folder.glob(f"*.{MARK}")) if folder.is_dir() else False


def scalar(tag: str, value: float) -> Any:
    """Return a scalar as the plugin of scalars reads it."""
    from tfapp.runs.watching import summaries

    return summaries.scalar(tag, value)


def write(folder: Path, records: Sequence[Any], suffix: str = f".{MARK}") -> None:
    """Write records in a file of their own."""
    from tensorboard.compat.proto import event_pb2
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    folder.mkdir(parents=True, exist_ok=True)
    writer = EventFileWriter(str(folder), filename_suffix=suffix)
    for record in records:
        writer.add_event(event_pb2.Event(wall_time=time.time(), step=0, summary=record))
    writer.close()


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Value]:
    """Return the values of nested tables by dotted names, lists as texts."""
    flat: dict[str, Value] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        elif isinstance(value, bool | int | float | str):
            flat[f"{prefix}{key}"] = value
        elif value is not None:
            flat[f"{prefix}{key}"] = str(value)
    return flat
