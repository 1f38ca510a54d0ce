"""Processes of trials: how they end, and what is said of it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tfapp.tuning.process import Limits, TrialProcess, last_lines
from tfapp.tuning.trial import GO, STOP, Job

TALK = """
import json, os, signal, sys, time
job = json.loads(sys.stdin.readline())
pipe = os.fdopen(job["pipe"], "w")
def ask(curve):
    print(json.dumps({"curve": curve, "better": "lower"}), file=pipe, flush=True)
    return sys.stdin.readline().strip()
def done(**outcome):
    with open(job["outcome"], "w") as file:
        json.dump(outcome, file)
"""
"""What a trial's process does, without TensorFlow."""


@pytest.fixture
def process(tmp_path):
    """Return the process of a trial that does what a script says."""

    def make(script, **limits):
        job = Job("", str(tmp_path / "3"), str(tmp_path / "3.json"), 0, "", "", -1)
        command = (sys.executable, "-c", TALK + script)
        return TrialProcess(job, tmp_path / "3.log", Limits(**limits), command)

    return make


def go(score):
    """Let every trial go on."""
    return GO


def test_rounds_are_answered_and_the_outcome_is_read(process):
    """Each score reaches the search, each answer the trial."""
    asked = []

    def on_round(score):
        asked.append(score["curve"])
        return STOP if len(score["curve"]) == 2 else GO

    script = "answers = [ask([1.0]), ask([1.0, 0.5])]; done(value=0.5, answers=answers)"
    outcome = process(script).run(on_round)
    assert outcome == {"value": 0.5, "answers": [GO, STOP]}
    assert asked == [[1.0], [1.0, 0.5]]


def test_outcome_of_an_earlier_process_is_read_without_a_new_one(process):
    """A search that was killed before it read an outcome reads it now."""
    first = process("done(value=1.0)")
    assert first.run(go) == {"value": 1.0}
    second = process("raise SystemExit('must not run')")
    assert second.run(go) == {"value": 1.0}
    assert second.process is None


def test_crashes_are_explained_by_the_end_of_the_log(process):
    """The last lines that it printed stand in the table; a signal has its name."""
    outcome = process("print('one'); sys.stderr.write('ValueError: boom'); exit(1)")
    failure = outcome.run(go)
    assert failure["kind"] == "crash"
    assert "ValueError: boom" in failure["failure"]
    killed = process("os.kill(os.getpid(), signal.SIGKILL)").run(go)
    assert "SIGKILL" in killed["failure"]
    assert "memory" in killed["failure"]
    assert process("os._exit(3)").run(go)["failure"]


def test_limits_end_a_trial_and_are_its_reason(process):
    """Too long, or too much memory: ended, with the limit in the message."""
    slow = process("time.sleep(60)", seconds=0.3).run(go)
    assert slow["failure"] == "took longer than 0.005 minutes"
    script = "x = bytearray(200_000_000); time.sleep(60)"
    large = process(script, memory_bytes=100_000_000).run(go)
    assert large["failure"].startswith("out of memory: took ")


def test_ended_process_has_no_outcome(process):
    """A search that ends takes its trials along; they go on later."""
    trial = process("ask([1.0]); time.sleep(60)")

    def end(score):
        trial.end()
        return GO

    assert trial.run(end) is None
    assert trial.process.returncode == -signal.SIGKILL


def test_trials_die_with_their_search(tmp_path):
    """A search killed by SIGKILL leaves no process that computes for nobody."""
    child = (
        "import sys, threading, time; from tfapp.tuning.trial import Conversation;"
        "Conversation(sys.stdout, sys.stdin); print('up', flush=True); time.sleep(60)"
    )
    parent = (
        "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c',"
        f" {child!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE);"
        "p.stdout.readline(); print(p.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE
    ) as search:
        pid = int(search.stdout.readline())
        search.kill()
    for _ in range(400):
        if not _lives(pid):
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the trial outlived its search")


def _lives(pid):
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_last_lines(tmp_path):
    """The end of a log as one line, empty lines left out."""
    path = tmp_path / "log"
    assert last_lines(path) == ""
    path.write_text("a\n\nb\n  c  \n\n")
    assert last_lines(path, 2) == "b / c"
    path.write_text(json.dumps("x" * 5000))
    assert len(last_lines(path)) == 600
