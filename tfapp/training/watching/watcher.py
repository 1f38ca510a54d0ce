"""Writes down what is seen of one phase, as often as there is time for it."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import keras

from tfapp.tasks.watching import View
from tfapp.training.loop.workload import Workload
from tfapp.training.watching.allowance import POINT, Allowance
from tfapp.training.watching.profile import Profile
from tfapp.training.watching.writer import Watching, Writer

MOST_POINTS = 500
"""Points of a phase at single units; further ones are left out."""
MOST_SHEETS = 24
"""Rounds of which views are kept; with more, every second one is forgotten."""
MOST_BYTES = 50_000_000
"""Of the views of a phase; with more, every second round is forgotten too."""
FIRST_VIEW = 0.5
"""Seconds that a view may take which was never drawn, without the answers for it."""
PARTS = ("train", "validation", "examples")
"""Folders of a phase: figures of training, of validation data, and views."""


class Watcher:
    """Watches one phase.

    Args:
        watching: how.
        logs: folder of the phase.
        workload: what is watched.
        note: receives a line that a person should see.
    """

    def __init__(
        self,
        watching: Watching,
        logs: Path,
        workload: Workload,
        note: Callable[[str], None],
    ) -> None:
        self.watching = watching
        self.logs = logs
        self.workload = workload
        self.note = note
        self.allowance = Allowance(watching.share)
        self.every = 1
        self.drawn: list[int] = []
        self.failed: set[str] = set()
        self.last: dict[str, int] = {}
        self.writers: dict[str, Writer] = {
            part: watching.open_writer(logs / part) for part in PARTS
        }
        self.stride = max(1, -(-workload.total // MOST_POINTS))
        self.profile = Profile(watching.profile, logs / "train")

    @property
    def seconds(self) -> float:
        """Seconds spent on watching so far."""
        return self.allowance.spent

    def begin(self, state: Mapping[str, Any]) -> None:
        """Go on behind a saved state, what was written after it forgotten.

        Args:
            state: as `state` returned it; {} to begin anew.
        """
        sizes = state.get("sizes", {})
        for part, writer in self.writers.items():
            writer.cut(sizes.get(part, 0))
        self.allowance.spent = state.get("spent", 0.0)
        self.every = state.get("every", 1)
        self.drawn = list(state.get("drawn", ()))
        if self.drawn:  # thinned after the state, a file may have become shorter
            self.writers["examples"].thin(set(self.drawn).__contains__)
        self.point = self.workload.done // self.stride
        self.profile.reach(self.workload.done)

    def state(self) -> dict[str, Any]:
        """Return what `begin` takes, with everything written so far on the disk."""
        with self.allowance.measured("flush"):
            sizes = {part: writer.flush() for part, writer in self.writers.items()}
        return {
            "sizes": sizes,
            "spent": self.allowance.spent,
            "every": self.every,
            "drawn": list(self.drawn),
        }

    def unit(self, rate: float | None, seconds: float) -> None:
        """Write what the last units were like, if it is time for a point.

        Args:
            rate: learning rate, None if there is none.
            seconds: of training so far.
        """
        done = self.workload.done
        self.profile.reach(done)
        if done // self.stride <= self.point:
            return
        self.point = done // self.stride
        if not self.allowance.permits_point(seconds):
            return
        with self.allowance.measured(POINT):
            figures = dict(self.workload.pulse())
            if rate is not None:
                figures["learning_rate"] = rate
            values = {f"step/{name}": float(v) for name, v in figures.items()}
            self.writers["train"].scalars(done, values)

    def round(
        self,
        number: int,
        row: Mapping[str, float],
        seconds: float,
        score_seconds: float,
        final: bool,
    ) -> None:
        """Write the figures of a round, and draw what there is time for.

        Args:
            number: of the round, from 1.
            row: figure by name; those named "val_…" are of the validation data.
            seconds: of training so far.
            score_seconds: that answers for the validation data took.
            final: whether the phase ends with it.
        """
        with self.allowance.measured("round"):
            self._figures(number, row, seconds)
        if number % self.every and not final:
            return
        # What has waited longest comes first, so that a dear view keeps none away.
        drawings = sorted(self._drawings(number), key=lambda d: self.last.get(d[0], 0))
        for name, cost, draw in drawings:
            guess = FIRST_VIEW + cost * score_seconds
            if name in self.failed or not self.allowance.permits(name, seconds, guess):
                continue
            with self.allowance.measured(name):
                self._try(name, draw)
            self.last[name] = number
            if number not in self.drawn:
                self.drawn.append(number)
        self._thin()

    def close(self) -> None:
        """Write everything that is left."""
        self.profile.stop()
        for writer in self.writers.values():
            writer.close()

    def _figures(self, number: int, row: Mapping[str, float], seconds: float) -> None:
        name, held = self.workload.round_name, "val_"
        parts: dict[str, dict[str, float]] = {"train": {}, "validation": {}}
        for key, value in row.items():
            part = "validation" if key.startswith(held) else "train"
            parts[part][f"{name}/{key.removeprefix(held)}"] = value
        if seconds:
            parts["train"]["watching/share"] = self.allowance.spent / seconds
        for part, values in parts.items():
            if values:
                self.writers[part].scalars(number, values)

    def _drawings(self, number: int) -> Iterator[tuple[str, float, Callable[[], None]]]:
        """Yield name, share of the examples, and what draws, of everything wanted."""
        if self.watching.histograms:
            yield "histograms", 0.0, partial(self._histograms, number)
        for view in self.workload.views():
            if self.watching.level == "all" or not view.pictures:
                yield view.name, view.share, partial(self._view, number, view)

    def _view(self, number: int, view: View) -> None:
        for name, item in view.draw().items():
            self.writers["examples"].item(number, name, item)

    def _histograms(self, number: int) -> None:
        for variable in self.workload.weights():
            values = keras.ops.convert_to_numpy(variable)
            if values.dtype.kind == "f":
                name = f"weights/{variable.path}"
                self.writers["examples"].histogram(number, name, values)

    def _try(self, name: str, draw: Callable[[], None]) -> None:
        """Draw something; what cannot be drawn must not end a training."""
        try:
            draw()
        except Exception as error:
            self.failed.add(name)
            said = str(error).strip().partition("\n")[0]
            what = f"{type(error).__name__}: {said}"
            self.note(f"TensorBoard goes without the view {name!r}: {what}")

    def _thin(self) -> None:
        """Forget every second round that was drawn once they are too many."""
        writer = self.writers["examples"]
        while len(self.drawn) > 2 and (
            len(self.drawn) > MOST_SHEETS or writer.flush() > MOST_BYTES
        ):
            with self.allowance.measured("thin"):
                self.every *= 2
                last = self.drawn[-1]
                self.drawn = [n for n in self.drawn if not n % self.every or n == last]
                writer.thin(set(self.drawn).__contains__)
