"""Clusters of processes on this machine, as a user starts and loses them."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from tests.runs.workers.process import arrays
from tfapp.base.errors import ConfigError, UnknownNameError
from tfapp.verbs.workers.launch import free_ports, launch

ROOT = Path(__file__).parents[2]
SETTINGS = [
    *("training.epochs=30", "data.limit=20", "data.augmentation={}"),
    *("runtime.precision=float32", "runtime.checkpoint_seconds=0.2"),
    *("model.options.dropout_rate=0.0", "training.patience=0", "export.explain=false"),
]


def start(folder, *arguments):
    """Start `tfapp launch` in a folder."""
    command = [sys.executable, "-m", "tfapp", "launch", "--workers", "2", *arguments]
    return subprocess.Popen(
        [*command, *(part for text in SETTINGS for part in ("--set", text))]
        if "--resume" not in arguments
        else command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def children(process):
    """Return the ids of a process's children, in the order of their start."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in path.read_text().split()]


def wait_for(condition, process):
    """Wait until something holds, or the process has ended."""
    while not condition() and process.poll() is None:
        time.sleep(0.05)


def newest(place):
    """Return when the last state of a run was written, 0 without one."""
    times = [0.0]
    for path in place.glob("*.npz"):
        with suppress(FileNotFoundError):  # it was replaced meanwhile
            times.append(path.stat().st_mtime)
    return max(times)


def require_success(process):
    """Wait for the end of a process, which has to be a good one."""
    _, error = process.communicate()
    assert process.returncode == 0, error


def test_mistakes_before_any_process_starts():
    """A recipe that does not exist, and no workers."""
    with pytest.raises(UnknownNameError):
        launch("no_such_recipe")
    with pytest.raises(ConfigError, match="at least 1"):
        launch("digits", workers=0)
    assert len(set(free_ports(3))) == 3


@pytest.mark.nightly
def test_a_killed_worker_is_named_and_the_run_goes_on(tmp_path):
    """SIGKILL at ten random moments: one line within a minute, the same weights."""
    whole = start(tmp_path, "digits")
    require_success(whole)
    expected = arrays(tmp_path / "runs" / "digits" / "1" / "checkpoints", "train")
    chance = random.Random(0)
    place = tmp_path / "runs" / "digits" / "2" / "checkpoints"
    run = start(tmp_path, "digits")
    for kill in range(10):
        wait_for(lambda process=run: len(children(process)) == 2, run)
        if kill % 5 != 4:  # mostly after something has been learned
            known = newest(place)
            wait_for(lambda known=known: newest(place) > known, run)
        time.sleep(chance.uniform(0.1, 1.0))
        if run.poll() is not None:
            break
        victim = kill % 2
        os.kill(children(run)[victim], signal.SIGKILL)
        began = time.monotonic()
        _, error = run.communicate(timeout=60)
        assert time.monotonic() - began < 60
        assert run.returncode == 2
        (line,) = [x for x in error.splitlines() if x.startswith("tfapp: error")]
        assert f"Worker {victim} (127.0.0.1:" in line
        run = start(tmp_path, "digits", "--resume")
    require_success(run)
    for ours, theirs in zip(arrays(place, "train"), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
