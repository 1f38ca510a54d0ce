"""TensorFlow starts quietly."""

import subprocess
import sys


def test_nothing_reaches_stderr_while_tensorflow_starts():
    """Neither Python's nor native code's start-up notices are shown."""
    code = (
        "from tfapp.reporter import Reporter; from tfapp.start import start_tensorflow;"
        "start_tensorflow(Reporter(quiet=True)); import sys;"
        "assert 'tensorflow' in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
