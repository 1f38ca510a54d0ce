"""A new kind of data is one folder and one line, and does all that the others do."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOY = ROOT / "tests" / "toy_domain"


@pytest.mark.slow
def test_a_folder_and_a_line_pass_the_conformance_test(tmp_path):
    """In a copy of the project, the toy domain does everything for its users."""
    for name in ("tfapp", "tests"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "pipelines").symlink_to(ROOT / "pipelines")
    shutil.copytree(TOY / "points", tmp_path / "tfapp" / "domains" / "points")
    (tmp_path / "tests" / "domains" / "points").mkdir()
    shutil.copy(TOY / "tiny.py", tmp_path / "tests" / "domains" / "points")
    names = tmp_path / "tfapp" / "domains" / "__init__.py"
    line = re.sub(r"DOMAINS = \((.*)\)", r'DOMAINS = (\1, "points")', names.read_text())
    names.write_text(line)
    tested = "(point_classification and not searched) or every_task_has_tiny_data"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("tests/domains/test_conformance.py", "-k", tested, "-m", "slow"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert re.search(r"\b8 passed", done.stdout), done.stdout[-500:]
