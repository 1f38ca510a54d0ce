"""Windows of series as a dataset: inputs, answers, and what a client would send."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.data.arrays import ArrayDataset, Column
from tfapp.data.context import LoadContext
from tfapp.data.spec import SPLITS, DataInfo, Example, InputSpec
from tfapp.data.split import fingerprint
from tfapp.domains.series.calendar_ops import calendar_waves
from tfapp.domains.series.preprocessor import Layout, SeriesPreprocessor
from tfapp.domains.series.reading.spec import SeriesTable
from tfapp.domains.series.splitting import Cuts
from tfapp.domains.series.windows import Origin, Windows, make_windows


@dataclass(frozen=True, eq=False, kw_only=True)
class SeriesDataset(ArrayDataset):
    """Windows of series, and the table that they are cut from.

    Args:
        preprocessor: scales the values.
        table: as it was read.
        windows: a row for each stretch of the table.
        origins: name of an example → where its forecast begins.
        cuts: where the splits end.
    """

    preprocessor: SeriesPreprocessor
    table: SeriesTable
    windows: Windows
    origins: Mapping[str, Origin]
    cuts: Cuts


def window_dataset(
    table: SeriesTable,
    origins: Mapping[str, list[Origin]],
    preprocessor: SeriesPreprocessor,
    cuts: Cuts,
    context: LoadContext,
) -> SeriesDataset:
    """Cut the windows and describe them."""
    layout = preprocessor.layout
    windows = make_windows(
        table,
        preprocessor.scaling,
        layout.window,
        layout.horizon,
        _waves(table, layout.calendar),
    )
    examples = {
        split: tuple(_examples(windows, origins[split], split)) for split in SPLITS
    }
    inputs = windows.inputs
    info = DataInfo(
        {name: InputSpec(array.shape[1:]) for name, array in inputs.items()},
        (layout.horizon,),
        len(layout.targets),
        layout.targets,
        fingerprint(e for split in SPLITS for e in examples[split]),
    )
    place_by_name = {
        example.name: origin
        for split in SPLITS
        for example, origin in zip(examples[split], origins[split], strict=True)
    }
    return SeriesDataset(
        info=info,
        examples=examples,
        preprocessor=preprocessor,
        names=windows.names,
        inputs={name: Column(array) for name, array in inputs.items()},
        answers=Column(windows.answers),
        weights=None if windows.weights is None else Column(windows.weights),
        read=lambda e: raw_inputs(table, layout, place_by_name[e.name]),
        batch_size=context.config.batch_size,
        notes=_notes(table, layout, origins),
        table=table,
        windows=windows,
        origins=place_by_name,
        cuts=cuts,
    )


def raw_inputs(table: SeriesTable, layout: Layout, origin: Origin) -> dict[str, Any]:
    """Return what a client sends for a forecast, by name, without batch axis.

    Args:
        table: that holds the window.
        layout: of the requests.
        origin: where the forecast begins.
    """
    item = table.items[origin.item]
    back = slice(origin.step - layout.window, origin.step)
    both = slice(back.start, origin.step + layout.horizon)
    found: dict[str, Any] = {
        "timestamps": item.times[back].astype(str).astype(object),
        "values": item.targets[back].astype(np.float32),
    }
    if layout.future:
        found["future"] = item.future[both].astype(np.float32)
    if layout.past:
        found["past"] = item.past[back].astype(np.float32)
    if layout.static:
        found["static"] = item.static.astype(np.float32)
    if layout.many:
        found["series"] = item.name
    return found


def _waves(table: SeriesTable, calendar: tuple[str, ...]) -> np.ndarray | None:
    """Return the cycles of all items' times, one item after the other."""
    if not calendar:
        return None
    times = np.concatenate([item.times for item in table.items])
    with tf.device("CPU"):
        waves: np.ndarray = calendar_waves(times.astype(np.int64), calendar).numpy()
    return waves


def _examples(windows: Windows, origins: list[Origin], split: str) -> Iterator[Example]:
    """Yield the examples of a split; what they hold is told by a hash of the answer."""
    for row in windows.rows(origins):
        name = windows.names[row]
        answer = hashlib.blake2b(windows.answers[row].tobytes(), digest_size=8)
        content = hashlib.blake2b(name.encode(), digest_size=8)
        content.update(windows.inputs["history"][row].tobytes())
        yield Example(name, split, "", "", content.hexdigest(), answer.hexdigest())


def _notes(
    table: SeriesTable, layout: Layout, origins: Mapping[str, list[Origin]]
) -> tuple[str, ...]:
    """Return what the user should know before training begins."""
    used = {o.item for split in SPLITS for o in origins[split]}
    unused = [item.name for i, item in enumerate(table.items) if i not in used]
    notes = [
        f"steps of {table.frequency}: {layout.window} back, {layout.horizon} ahead"
    ]
    if unused:
        more = f" and {len(unused) - 3} more" if len(unused) > 3 else ""
        notes.append(
            f"series without a whole window, left out: {', '.join(unused[:3])}{more}"
        )
    careful = [p for p in table.problems if p.severity == "used with care"]
    notes += [f"{p.kind}: {p.path}: {p.detail}" for p in careful[:5]]
    if len(careful) > 5:
        notes.append(f"and {len(careful) - 5} more findings; `tfapp check` lists them")
    return tuple(notes)
