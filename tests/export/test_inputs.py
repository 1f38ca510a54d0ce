"""Which files a person means."""

import pytest

from tfapp.base.errors import DataError
from tfapp.export.inputs import find_files


def test_files_of_a_folder_count_by_how_their_names_end(tmp_path):
    """A suffix or a whole name chooses among the files of a folder."""
    for name in ("nodes.csv", "edges.csv", "Nodes.CSV.txt", ".hidden.csv"):
        (tmp_path / name).write_text("x")
    found = {
        ending: [p.name for p in find_files([str(tmp_path)], [ending])]
        for ending in (".csv", "nodes.csv")
    }
    assert found == {".csv": ["edges.csv", "nodes.csv"], "nodes.csv": ["nodes.csv"]}
    with pytest.raises(DataError, match=r"holds no files to answer.*\.png"):
        find_files([str(tmp_path)], [".png"])
