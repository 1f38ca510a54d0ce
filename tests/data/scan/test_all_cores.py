"""Examples are looked at by processes, and by threads where those cannot go on."""

import os
import signal
import subprocess
import sys
import time

import pytest

START = """
import multiprocessing, os, signal, sys
os.sched_getaffinity = lambda process: {0, 1}
from tfapp.data.scan.all_cores import on_all_cores
from tfapp.machine.start import require_tensorflow
parent = os.getpid()
looked = multiprocessing.Value("i")
def look(number):
    EXTRA
    return number, os.getpid()
seen = list(on_all_cores(look, range(1000)))
assert [number for number, _ in seen] == list(range(1000))
processes = {process for _, process in seen}
"""


def ran(extra, check):
    """Run the code in a fresh process; it fails if the check does."""
    code = START.replace("EXTRA", extra) + check
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


def test_many_are_seen_by_two_processes():
    """In order, each once, none of them by this process."""
    check = "assert len(processes) == 2 and parent not in processes"
    ran("import time; time.sleep(0.001)", check)


def test_few_are_seen_by_threads():
    """Processes would take longer to start."""
    check = "assert {p for _, p in on_all_cores(look, range(40))} == {parent}"
    ran("pass", check)


def test_few_and_large_ones_are_seen_by_several_threads():
    """Of two examples neither waits for the other: they may take minutes each."""
    ran(
        "pass",
        """
import threading
both = threading.Barrier(2)
assert len(list(on_all_cores(lambda number: both.wait(10), range(2)))) == 2
""",
    )


def test_beside_another_thread_nothing_is_forked():
    """A lock that it holds would be held for ever in the copy."""
    ran(
        "pass",
        """
import threading
over = threading.Event()
threading.Thread(target=over.wait).start()
assert {p for _, p in on_all_cores(look, range(1000))} == {parent}
over.set()
""",
    )


def test_what_needs_tensorflow_is_left_to_the_parent():
    """From there on this process looks, which may start it."""
    ran(
        "if number == 700 and os.getpid() != parent: require_tensorflow()",
        "assert parent in processes and len(processes) > 1\n"
        "assert dict(seen)[0] != parent == dict(seen)[700] == dict(seen)[999]\n"
        "assert 'tensorflow' not in sys.modules",
    )


def test_a_process_that_is_killed_is_replaced():
    """The rest is looked at by this process."""
    ran(
        "if number == 500 and os.getpid() != parent: os.kill(os.getpid(), 9)",
        "assert dict(seen)[999] == parent",
    )


def test_where_no_process_can_be_made_threads_look():
    """As in a container without shared memory, or without memory to spare."""
    ran(
        "pass",
        """
def refused(): raise OSError("no more processes")
os.fork = refused
assert {p for _, p in on_all_cores(look, range(1000))} == {parent}
""",
    )


def test_who_stops_does_not_wait_for_the_rest():
    """Tasks that have not begun are given up."""
    ran(
        "looked.value += 1",
        """
looked.value = 0
several = on_all_cores(look, range(1_000_000))
next(several)
several.close()
assert looked.value < 500_000
""",
    )


def test_an_error_of_a_look_is_raised():
    """A bug keeps its traceback, with the line in the process that met it."""
    code = START.replace("EXTRA", "1 / (number - 300)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "in look" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_of_a_check_that_is_ended(tmp_path, how):
    """The processes end with their parent, and write nothing to the terminal."""
    extra = (
        "import time; open(FOLDER + str(os.getpid()), 'w').close(); time.sleep(0.01)"
    )
    code = START.replace("EXTRA", extra).replace("FOLDER", repr(f"{tmp_path}/"))
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, start_new_session=True
    )
    helpers = waited(lambda: [int(path.name) for path in tmp_path.iterdir()], 2)
    if how == signal.SIGINT:
        os.killpg(parent.pid, how)  # as a terminal does
    else:
        parent.kill()
    _, errors = parent.communicate(timeout=30)
    assert errors.count(b"Traceback") == (how == signal.SIGINT)
    waited(lambda: [h for h in helpers if not alive(h)], 2)


def waited(found, count):
    """Return what is found once it has so many members."""
    until = time.monotonic() + 30
    while len(there := found()) < count:
        assert time.monotonic() < until, there
        time.sleep(0.05)
    return there


def alive(process):
    """Return whether a process runs."""
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
