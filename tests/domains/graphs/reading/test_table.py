"""nodes.csv and edges.csv."""

import numpy as np
import pytest

from tfapp.base.errors import DataError
from tfapp.domains.graphs.reading.find import read_graph

NODES = "id,label,x,y\na,p,1,2\nb,q,3,4\nc,,5,6\n"
EDGES = "source,target\na,b\nb,c\n"


def graph(folder, nodes=NODES, edges=EDGES):
    """Write two tables and read them."""
    (folder / "nodes.csv").write_bytes(nodes.encode())
    (folder / "edges.csv").write_bytes(edges.encode())
    return read_graph(folder)


def test_ids_are_texts_and_labels_may_be_missing(tmp_path):
    """Nodes, features, labels and edges are what the cells say."""
    found = graph(tmp_path)
    assert found.nodes == ("a", "b", "c")
    assert found.labels == ("p", "q", "")
    assert found.columns == ("x", "y")
    np.testing.assert_array_equal(found.features.toarray(), [[1, 2], [3, 4], [5, 6]])
    assert found.edges.tolist() == [[0, 1], [1, 2]]
    assert found.weights.tolist() == [1, 1]
    assert found.splits == ()
    assert read_graph(tmp_path / "nodes.csv").nodes == found.nodes


def test_other_forms_of_the_tables(tmp_path):
    """Semicolons, marks, other names, weights, splits, and edges without a header."""
    nodes = "\ufeffnode;class;split;w1\na;p;train;1\nb;q;VAL;0\nc;p;;\n"
    found = graph(tmp_path, nodes, "a;b\nc;a\n")
    assert found.splits == ("train", "validation", "")
    assert found.edges.tolist() == [[0, 1], [2, 0]]
    assert [p.kind for p in found.problems] == ["missing numbers"]
    weighted = graph(tmp_path, nodes, "weight,to,from\n0.5,b,a\n")
    assert (weighted.edges.tolist(), weighted.weights.tolist()) == ([[0, 1]], [0.5])


def test_commas_in_numbers_and_lines_in_ids(tmp_path):
    """A decimal comma counts as a point; a quoted id keeps its line break."""
    nodes = 'id;label;x\n"b\n2";p;1,5\nc;q;2,5\n'
    found = graph(tmp_path, nodes, 'source;target\n"b\n2";c\n')
    assert found.nodes == ("b\n2", "c")
    assert found.features.toarray().tolist() == [[1.5], [2.5]]
    assert found.edges.tolist() == [[0, 1]]


def test_dangling_edges_are_left_out_and_listed(tmp_path):
    """An edge to an unknown id is reported with its line."""
    found = graph(tmp_path, edges=EDGES + "a,zz\n")
    assert len(found.edges) == 2
    (problem,) = found.problems
    assert (problem.kind, problem.severity) == ("dangling edge", "left out")
    assert "line 4" in problem.path
    assert "'zz'" in problem.detail


def test_a_column_of_texts_is_passed_over(tmp_path):
    """Features are numbers; others are reported."""
    found = graph(tmp_path, "id,label,x,town\na,p,1,Rome\nb,q,2,Oslo\nc,q,1,Rome\n")
    assert found.columns == ("x",)
    assert found.problems[0].kind == "column passed over"


@pytest.mark.parametrize(
    ("nodes", "edges", "message"),
    [
        (NODES + "d,p,1\n", EDGES, r"line 5: 3 cells. Expected 4"),
        (NODES + "d,p,1,2,3\n", EDGES, r"line 5: 5 cells. Expected 4"),
        (NODES + "a,p,1,2\n", EDGES, r"line 5: id 'a' stands on line 2 too"),
        (NODES + ",p,1,2\n", EDGES, "a node without an id"),
        (NODES + "d,p,inf,2\n", EDGES, "'x' is infinite"),
        ("id,label\na,p\nb,q\nc,p\n", EDGES, "no column of numbers"),
        ("id,x,x\na,1,2\n", EDGES, "two columns are called 'x'"),
        ("id,label,x\n", EDGES, "a header and no node"),
        ("", EDGES, "is empty"),
        (NODES, "source,target,weight\na,b,-1\n", r"line 2: weight '-1'"),
        (NODES, "source,target,weight\na,b,many\n", r"weight 'many'"),
        (NODES, "source,target\n1,2\n", "no edge ends at nodes"),
        (NODES, "source\na\n", "Expected source and target"),
        (NODES.replace("x", "split"), EDGES, r"line 2: split '1'"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path, nodes, edges, message):
    """Each fault is one line that names the file, the line and what was expected."""
    with pytest.raises(DataError, match=message) as caught:
        graph(tmp_path, nodes, edges)
    assert "\n" not in str(caught.value)


def test_a_folder_without_one_of_the_tables(tmp_path):
    """The missing file is named."""
    (tmp_path / "nodes.csv").write_text(NODES)
    with pytest.raises(DataError, match=r"holds no edges\.csv"):
        read_graph(tmp_path)
