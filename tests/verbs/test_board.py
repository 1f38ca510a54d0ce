"""What TensorBoard is asked to show."""

import pytest

from tfapp.base.errors import ConfigError
from tfapp.verbs.board import logs_argument


def test_all_runs_or_some(workspace):
    """Without names the whole folder is shown, with names those runs."""
    folder, result = workspace
    root = folder / "runs"
    assert logs_argument([], root) == [f"--logdir={root}"]
    logs = result.folder / "logs"
    assert logs_argument(["digits"], root) == [f"--logdir_spec=digits_1:{logs}"]


def test_nothing_to_show(tmp_path):
    """No runs, or no such run, is one clear line."""
    with pytest.raises(ConfigError, match="tfapp run digits"):
        logs_argument([], tmp_path)
    with pytest.raises(ConfigError, match="No run 'x'"):
        logs_argument(["x"], tmp_path)
