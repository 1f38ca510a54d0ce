"""What killed processes leave is removed; what live ones work in stays."""

import os
import signal
import subprocess
import sys

from tfapp.base.files import replacing, write_text
from tfapp.base.storage.scratch import clear_leftovers

KILLED = """
import os, signal, sys
from pathlib import Path
from tfapp.base.files import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_while_writing(path):
    """Let a process die while it writes a file."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL


def hidden(folder):
    """Return the hidden entries of a folder."""
    return [p for p in folder.iterdir() if p.name.startswith(".")]


def test_the_next_writing_clears_what_a_kill_has_left(tmp_path):
    """And nothing of other names, of live processes or of the user."""
    killed_while_writing(tmp_path / "a.txt")
    assert len(hidden(tmp_path)) == 1
    (tmp_path / ".mine.settings").mkdir()
    (tmp_path / ".mine.settings" / "x").touch()
    with replacing(tmp_path / "b.txt") as temporary:
        temporary.touch()
        assert len(hidden(tmp_path)) == 3
        write_text(tmp_path / "a.txt", "whole")
        assert len(hidden(tmp_path)) == 2
        assert clear_leftovers(tmp_path) == []
    assert hidden(tmp_path) == [tmp_path / ".mine.settings"]


def test_all_leftovers_of_a_folder(tmp_path):
    """Of any name; a folder that is not there has none."""
    for name in ("1", "2"):
        killed_while_writing(tmp_path / name)
    assert len(clear_leftovers(tmp_path)) == 2
    assert os.listdir(tmp_path) == []
    assert clear_leftovers(tmp_path / "none") == []
