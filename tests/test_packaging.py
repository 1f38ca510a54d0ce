"""The wheel: one top-level name, recipes, data files and a model inside."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ASK = (
    "import tfapp; from pathlib import Path; from tfapp import recipes;"
    "from tfapp.domains.images.pretrained.extractors import EXTRACTORS;"
    "from tfapp.runs.models import shipped_names;"
    "print(Path(tfapp.__file__).parents[1].name, len(recipes.names()), len(EXTRACTORS),"
    " *shipped_names())"
)


@pytest.mark.slow
def test_wheel_is_complete_by_itself(tmp_path):
    """Away from the source, the installed wheel finds its recipes and tables."""
    from tfapp import recipes
    from tfapp.domains.images.pretrained.extractors import EXTRACTORS
    from tfapp.domains.images.pretrained.weight_files import BUNDLED
    from tfapp.domains.images.reading.sources.embedded import FOLDER

    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation"]
    subprocess.run(
        [*command, f"--outdir={tmp_path}", str(ROOT)], check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as found:
        names = {name.split("/")[0] for name in found.namelist()}
        weights = {Path(n).name for n in found.namelist() if "/bundled/" in n}
        photos = {n for n in found.namelist() if "/embedded/" in n}
        assert any(name.endswith("/licenses/NOTICE") for name in found.namelist())
        found.extractall(tmp_path / "site")
    assert {name for name in names if not name.endswith(".dist-info")} == {"tfapp"}
    assert weights == {path.name for path in BUNDLED.iterdir()}
    assert len(photos) == sum(path.is_file() for path in FOLDER.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=tmp_path / "site",
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    counts = [str(len(recipes.names())), str(len(EXTRACTORS))]
    expected = ["site", *counts, "fast_style_scream"]
    assert done.stdout.split() == expected
