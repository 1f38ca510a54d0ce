"""Memory over hundreds of requests and many epochs, measured from outside."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


MANY_PREDICTIONS = """
import json, sys
from pathlib import Path
from tfapp.runs.models import load
def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
photos = [path.read_bytes() for path in sorted(Path(sys.argv[1]).glob("digit*.png"))]
grown = []
for model in sys.argv[2:]:
    predictor = load(model, Path("runs"))
    sizes = []
    for call in range(400):
        predictor.answers([{"image_bytes": p} for p in (photos * 3)[: 1 + call % 8]])
        sizes.append(resident())
    grown.append(max(sizes[300:]) - max(sizes[100:200]))
print(json.dumps(grown))
"""


@pytest.mark.slow
def test_memory_stays_flat_over_many_predictions(in_fresh_process, workspace, photos):
    """Hundreds of requests of changing size take no more memory than the first."""
    _, result = workspace
    models = result.folder / "model.keras", result.saved_model
    grown = in_fresh_process(MANY_PREDICTIONS, photos, *models)
    assert max(grown) < 4, "megabytes over 200 calls"


MANY_EPOCHS = """
import json, sys
from pathlib import Path
from tfapp.base.reporter import Reporter, Stage
from tfapp.verbs.run import run
sizes = []
class Watching(Stage):
    def __call__(self, done, total):
        if self.name == "phase train":
            sizes.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096e-6)
class Watcher(Reporter):
    def stage(self, name, unit="images"):
        return Watching(self, name, unit)
run("digits", ["training.epochs=80", "training.patience=0", "data.limit=20"],
    runs_folder=sys.argv[1], saved_models=sys.argv[1], reporter=Watcher(quiet=True))
steps = len(sizes) // 80
print(json.dumps(max(sizes[-20 * steps:]) - max(sizes[20 * steps : 40 * steps])))
"""


@pytest.mark.nightly
def test_memory_stays_flat_over_many_epochs(in_fresh_process, tmp_path):
    """Late epochs take hardly more memory than early ones.

    TensorFlow itself keeps 0.1 to 0.2 MB of every pipeline that it has traced, one an
    epoch; no Python object and no function of ours stays. A batch that stayed would be
    ten times as much.
    """
    assert in_fresh_process(MANY_EPOCHS, tmp_path) < 12, "megabytes over 40 epochs"
