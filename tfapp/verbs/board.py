"""TensorBoard on the logs of runs."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tfapp import runs
from tfapp.base.errors import ConfigError


def board(
    names: Sequence[str] = (),
    *,
    runs_folder: Path | str = "runs",
    port: int = 6006,
    host: str = "127.0.0.1",
) -> int:
    """Show runs in TensorBoard until Ctrl-C.

    Args:
        names: runs to show; none for all.
        runs_folder: where runs lie.
        port: TCP port of the page.
        host: address to listen on.

    Returns:
        TensorBoard's exit code.

    Raises:
        ConfigError: if there is no run to show.
    """
    command = [sys.executable, "-m", "tensorboard.main", f"--port={port}"]
    command += [f"--host={host}", *logs_argument(names, Path(runs_folder))]
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:  # the usual way to leave
        return 0


def logs_argument(names: Sequence[str], root: Path) -> list[str]:
    """Return TensorBoard's argument for the logs of some runs or of all."""
    if not names:
        if not any(root.glob("*/*/logs")):
            raise ConfigError(
                f"No runs below {str(root)!r}. Start one with `tfapp run digits`."
            )
        return [f"--logdir={root}"]
    finished_runs = [runs.find(name, root) for name in names]
    pairs = [f"{run.name}_{run.number}:{run.folder / 'logs'}" for run in finished_runs]
    return [f"--logdir_spec={','.join(pairs)}"]
