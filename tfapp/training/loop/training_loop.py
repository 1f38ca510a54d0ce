"""The training loop of a run: phases that may be killed anywhere and resumed."""

from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

from tfapp.base.errors import DamageError
from tfapp.base.reporter import Reporter
from tfapp.base.storage.checksums import require_intact
from tfapp.machine.cluster import team
from tfapp.training.loop.deadline import Deadline
from tfapp.training.loop.history import PhaseHistory, Watch, read_history
from tfapp.training.loop.phase_files import PhaseFiles, phase_files
from tfapp.training.loop.runner import Runner
from tfapp.training.loop.state import Progress, require_same_split
from tfapp.training.loop.workload import Workload
from tfapp.training.watching.watcher import Watcher
from tfapp.training.watching.writer import Watching


@dataclass
class TrainingLoop:
    """Runs workloads in a run's folder, and remembers what happened.

    It owns progress, the deadline, patience, the best weights, the states to resume
    from and TensorBoard's logs, so a workload has only its own steps.

    Args:
        folder: of the run; `checkpoints` and `logs` go below it.
        reporter: receives every phase as a stage.
        deadline: of all phases together.
        patience: rounds without progress before a phase ends; 0 = never.
        state_seconds: between two states to resume from; 0 = as many as possible.
        phases: what happened, phase by phase.
        notes: lines for the report.
        fingerprint: of the data and its split; what was learned from another one is
            refused.
        watch: is given a phase so far after each of its rounds; returns whether to
            pause there, as a state to go on from.
        watching: how the phases are watched in TensorBoard; None for not at all.
    """

    folder: Path
    reporter: Reporter
    deadline: Deadline = field(default_factory=Deadline)
    patience: int = 0
    state_seconds: float = 30.0
    phases: list[PhaseHistory] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    fingerprint: str = ""
    watch: Watch = lambda history: False
    watching: Watching | None = None

    def run(
        self,
        workload: Workload,
        phase: str,
        *,
        deadline: Deadline | None = None,
        start: float | None = None,
    ) -> PhaseHistory:
        """Run a workload as a phase; it ends with the weights of its best round.

        A phase that an earlier process finished is read back; one in which it was
        killed goes on from its last state.

        Args:
            workload: what is run.
            phase: its name, one of a kind in the run.
            deadline: of this phase; None for that of the run.
            start: the monitored figure before the first unit: a round is only better
                if it is better than that. None if unknown.

        Raises:
            TrainingError: if the loss is no longer a number, or the phase was begun on
                other data.
            Paused: if `watch` says so before the last round.
        """
        files = phase_files(self.folder, phase, workload.suffix)
        with self.reporter.stage(f"phase {phase}", unit=workload.unit) as stage:
            history = self._finished(workload, files)
            if history is None:
                runner = Runner(
                    workload,
                    phase,
                    files,
                    deadline or self.deadline,
                    self.patience,
                    self.state_seconds,
                    stage,
                    Progress(fingerprint=self.fingerprint),
                    self.note,
                    self.watch,
                    self._watcher(workload, files),
                )
                history = runner.run(start)
                history.write(files.history)
                for state in files.states:
                    state.unlink(missing_ok=True)
            stage.detail = history.summary()
        if history.stopped_by == "deadline":
            self.note(f"phase {phase!r} ended by the time budget")
        if advice := history.advice():
            self.note(advice)
        self.phases.append(history)
        return history

    def _finished(self, workload: Workload, files: PhaseFiles) -> PhaseHistory | None:
        """Read back what an earlier process finished; None if nothing, or damaged.

        Raises:
            TrainingError: if it was learned from another split.
        """
        if not (files.history.exists() and files.weights.exists()):
            return None
        try:
            history = read_history(files.history)
            require_same_split(files.history, history.fingerprint, self.fingerprint)
            require_intact(files.weights)
            workload.load(files.weights)
        except DamageError as error:
            why = str(error)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            why = f"{files.weights} is damaged ({str(error).splitlines()[0]})."
        else:
            return history
        self.note(f"{why} The phase is trained again.")
        return None

    def note(self, line: str) -> None:
        """Print a line, and keep it for the report."""
        self.notes.append(line)
        self.reporter.say(line)

    def _watcher(self, workload: Workload, files: PhaseFiles) -> Watcher | None:
        if self.watching is None or not team().is_chief:
            return None
        return Watcher(self.watching, files.logs, workload, self.note)
