"""Everything that a killed phase needs to go on, in one file."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np

from tfapp.base.errors import TrainingError
from tfapp.base.files import replacing
from tfapp.machine.cluster import team


@dataclass
class Progress:
    """How far a phase is, and what it has measured.

    Args:
        done: units of its workload.
        seconds: spent in the phase.
        rows: figures of each complete round.
        best: the monitored figure of the best round; None if there is none yet.
        best_round: number of that round, from 1; 0 = the weights at the start.
        stopped_by: why the phase ended early: "", "patience" or "deadline".
        fingerprint: of the data and its split.
    """

    done: int = 0
    seconds: float = 0.0
    rows: list[dict[str, float]] = field(default_factory=list)
    best: float | None = None
    best_round: int = 0
    stopped_by: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class State:
    """What a state holds besides the values of the variables.

    Args:
        progress: of the phase.
        best: weights of the best round; empty if there is none yet.
        extra: of the workload: JSON-ready values and NumPy arrays by name.
    """

    progress: Progress
    best: Sequence[np.ndarray] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


def save_state(path: Path, variables: Sequence[Any], state: State) -> None:
    """Write a state, whole or not at all; the one before stays until then.

    Args:
        path: of the file.
        variables: Keras variables of model, optimizer, metrics and random streams.
        state: what else is saved.

    Raises:
        TfappError: if the disk is full or the place cannot be written.
    """
    arrays = {f"v{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(variables)}
    arrays |= {f"b{i}": value for i, value in enumerate(state.best)}
    extra = state.extra.items()
    arrays |= {f"extra:{k}": v for k, v in extra if isinstance(v, np.ndarray)}
    plain = {k: v for k, v in extra if not isinstance(v, np.ndarray)}
    text = json.dumps({"progress": asdict(state.progress), "extra": plain})
    arrays["text"] = np.frombuffer(text.encode(), np.uint8)
    if not team().is_chief:  # all have to read: metrics are sums over the workers
        return
    with replacing(path) as temporary:
        with temporary.open("wb") as file:
            np.savez(file, **arrays)


def load_state(path: Path, variables: Sequence[Any]) -> State | None:
    """Give variables their saved values, and return the rest.

    Args:
        path: of the file.
        variables: the same ones, in the same order, as were saved.

    Returns:
        None if there is no state, it is damaged, or it belongs to another network;
        then no variable has changed.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            values = [stored[f"v{i}"] for i in range(len(variables))]
            state = _state(stored)
            whole = _count(stored.files, "v") == len(variables)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error):
        return None
    shapes = zip(variables, values, strict=True)
    if not whole or any(tuple(v.shape) != a.shape for v, a in shapes):
        return None
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return state


def require_same_split(path: Path, recorded: str, present: str) -> None:
    """Refuse what was learned from another split: what is tested now was learned then.

    Raises:
        TrainingError: if the fingerprints differ.
    """
    if recorded != present:
        raise TrainingError(
            f"{path} was learned from other data, or from another split of it. Restore "
            "the data and the run's split.json, or begin a new run, without --resume."
        )


def _state(stored: Any) -> State:
    text = json.loads(stored["text"].tobytes())
    best = [stored[f"b{i}"] for i in range(_count(stored.files, "b"))]
    arrays = [name for name in stored.files if name.startswith("extra:")]
    extra = text["extra"] | {n.removeprefix("extra:"): stored[n] for n in arrays}
    return State(Progress(**text["progress"]), best, extra)


def _count(names: Sequence[str], letter: str) -> int:
    return sum(name[0] == letter and name[1:].isdigit() for name in names)
