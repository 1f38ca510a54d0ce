"""Files of the Planetoid data."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from tests.domains.graphs.planetoid_files import write_planetoid
from tfapp.base.errors import DataError
from tfapp.domains.graphs.reading.find import read_graph

PLANETOID = Path(os.environ.get("TFAPP_DATA", "")) / "planetoid"


def test_rows_of_the_test_index_get_their_features(tmp_path):
    """Test rows lie where their index says, a missing one is zeros without a label."""
    path, features, labels = write_planetoid(tmp_path)
    graph = read_graph(path)
    expected = features.copy()
    expected[9] = 0
    np.testing.assert_array_equal(graph.features.toarray(), expected)
    assert graph.labels[9] == ""
    assert graph.splits == (
        *["train"] * 4,
        *["validation"] * 4,
        *("test", "", "test"),
    )
    assert [int(x) for x in graph.labels[:9]] == labels[:9].argmax(axis=1).tolist()
    assert len(graph.pairs()) == 11
    assert [p.kind for p in graph.problems] == ["nodes without features"]
    assert read_graph(tmp_path).name == "tiny"


class Harmful:
    """Runs a command when it is unpickled by Python's own reader."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    """One line names what it would load, and nothing runs."""
    path, _, _ = write_planetoid(tmp_path)
    path.write_bytes(pickle.dumps(Harmful(tmp_path / "ran"), protocol=2))
    with pytest.raises(DataError, match=r"would load (posix|nt)\.system.*not loaded"):
        read_graph(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("part", "content", "message"),
    [
        ("allx", b"\x80\x02broken", "is damaged"),
        ("ally", pickle.dumps([1]), "expected sparse matrices"),
        ("graph", pickle.dumps([1]), "expected a dict"),
        ("graph", pickle.dumps({0: [99]}), "ends at node 99"),
        ("ty", pickle.dumps(np.eye(3)), r"\.tx has 2 rows, \.ty 3"),
        ("test.index", b"one\n", "one row number per line"),
        ("test.index", b"8\n8\n", "each once"),
        ("test.index", b"3\n8\n", "from 8 on"),
        ("x", None, "Cannot read"),
    ],
)
def test_files_that_do_not_fit(tmp_path, part, content, message):
    """Each fault is one line that names the file."""
    path, _, _ = write_planetoid(tmp_path)
    file = tmp_path / f"ind.tiny.{part}"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_graph(path)
    assert "\n" not in str(caught.value)


def test_two_graphs_in_a_folder(tmp_path):
    """A folder of several graphs asks for one of their files."""
    write_planetoid(tmp_path, "one")
    write_planetoid(tmp_path, "two")
    with pytest.raises(DataError, match=r"ind\.one\.graph.*Name one"):
        read_graph(tmp_path)


@pytest.mark.skipif(not PLANETOID.is_dir(), reason="no Planetoid data")
def test_published_sizes():
    """Cora and Citeseer have the nodes and edges that papers count."""
    graphs = {
        name: read_graph(PLANETOID / f"ind.{name}.graph")
        for name in ("cora", "citeseer")
    }
    sizes = {n: (*g.features.shape, len(g.pairs())) for n, g in graphs.items()}
    assert sizes == {"cora": (2708, 1433, 5278), "citeseer": (3327, 3703, 4552)}
    loops = graphs["citeseer"].edges
    assert len(np.unique(loops[loops[:, 0] == loops[:, 1]], axis=0)) == 124
    assert sum(not label for label in graphs["citeseer"].labels) == 15
    for name, parts in {"cora": (140, 500, 1000), "citeseer": (120, 500, 1000)}.items():
        splits = graphs[name].splits
        counts = [splits.count(s) for s in ("train", "validation", "test")]
        assert tuple(counts) == parts
