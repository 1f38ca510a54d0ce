"""A graph as a dataset, its check, and what `fit` chooses."""

import numpy as np
import pytest

from tests.domains.graphs.tiny import write_graph
from tfapp.base.errors import ConfigError, DataError
from tfapp.base.reporter import Reporter
from tfapp.data import check_data, load_dataset, load_test_only
from tfapp.data.detection import detect
from tfapp.data.spec import Pass
from tfapp.domains.graphs import trials
from tfapp.recipes.config import DataConfig
from tfapp.verbs.fit import plan


def config(path, **options):
    """Return `[data]` of a graph."""
    return DataConfig.model_validate({"kind": "graph", "path": str(path)} | options)


def test_one_batch_whose_weights_are_the_masks(tmp_path):
    """A pass is the whole graph; the nodes of its split have targets and weight."""
    dataset = load_dataset(config(write_graph(tmp_path, split=True)), seed=0)
    sizes = {split: len(part) for split, part in dataset.examples.items()}
    assert sizes == {"train": 36, "validation": 12, "test": 12}
    for split, examples in dataset.examples.items():
        (batch,) = dataset.batches(examples, Pass(shuffle=True, epoch=3))
        inputs, targets, weights = batch
        assert inputs["features"].shape == (1, 60, 6)
        assert targets.shape == (1, 60, 2)
        rows = dataset.rows(split)
        np.testing.assert_array_equal(np.flatnonzero(weights[0]), np.sort(rows))
        found = targets.numpy()[0, rows].argmax(axis=1)
        np.testing.assert_array_equal(found, dataset.targets(examples))
    assert not list(dataset.batches(examples, Pass(skip=1)))
    for skip, left in ((0, 4), (1, 3)):
        stream = list(dataset.stream(examples, Pass(epoch=2, skip=skip), 6))
        assert len(stream) == left
        for _, _, again in stream:
            np.testing.assert_array_equal(again, weights)
    answers = np.arange(60.0)[None, :, None]
    joined = np.stack(list(dataset.joined(examples, iter([answers]))))
    np.testing.assert_array_equal(joined[:, 0], dataset.rows("test"))


def test_the_split_is_recorded_and_followed(tmp_path):
    """The same graph gives the same split; another one is refused."""
    folder = write_graph(tmp_path / "graph")
    record = tmp_path / "split.json"
    first, again = (
        load_dataset(config(folder), seed=0, split_file=record) for _ in range(2)
    )
    assert first.examples == again.examples
    write_graph(folder, seed=1)
    with pytest.raises(DataError, match="differs from the split recorded"):
        load_dataset(config(folder), seed=0, split_file=record)


def test_the_dense_adjacency_is_that_of_the_edges(tmp_path):
    """What simple methods multiply with is symmetric and has the edges of the graph."""
    dataset = load_dataset(config(write_graph(tmp_path)), seed=0)
    matrix = dataset.adjacency.toarray()
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-7)
    pairs = dataset.graph.pairs()
    assert len(pairs) * 2 + 60 == np.count_nonzero(matrix)
    assert (matrix[tuple(pairs.T)] > 0).all()


def test_other_data_is_scaled_as_in_training(tmp_path):
    """An enlarged graph is tested with the columns of training, in their order."""
    trained = load_dataset(config(write_graph(tmp_path / "a", split=True)), seed=0)
    described = trained.preprocessor.describe()
    larger = write_graph(tmp_path / "b", count=80, seed=3)
    test = load_test_only(config(larger), ("a", "b"), preprocess=described)
    assert {s: len(e) for s, e in test.examples.items()} == {
        "train": 0,
        "validation": 0,
        "test": 80,
    }
    narrow = write_graph(tmp_path / "c", columns=4)
    with pytest.raises(DataError, match=r"has 4 features. Expected the 6.*'f4'"):
        load_test_only(config(narrow), ("a", "b"), preprocess=described)
    with pytest.raises(DataError, match=r"has the classes \['b'\]"):
        load_test_only(config(larger), ("a",), preprocess=described)


def test_a_graph_is_recognised(tmp_path):
    """The folder, either table, and a Planetoid file."""
    folder = write_graph(tmp_path / "friends")
    for place in (folder, folder / "nodes.csv", folder / "edges.csv"):
        assert detect(str(place)).task == "node_classification"
    (tmp_path / "ind.x.graph").write_bytes(b"x")
    assert detect(str(tmp_path / "ind.x.graph")).data == "graph"


def test_the_check_reports_edges_and_classes(tmp_path):
    """Loops, duplicates, reversed and dangling edges, nodes alone or without label."""
    folder = write_graph(tmp_path, count=20)
    with (folder / "nodes.csv").open("a") as file:
        file.write("alone,,1,1,1,1,1,1\nrare,c,1,1,1,1,1,1\n")
    with (folder / "edges.csv").open("a") as file:
        file.write("n0,n0\nn0,n1\nn1,n0\nn0,n1\nn0,nobody\nrare,n1\n")
    report = check_data(config(folder))
    kinds = {p.kind for p in report.problems}
    assert kinds >= {
        *("self loops", "duplicate edges", "reversed edges", "dangling edge"),
        *("isolated nodes", "nodes without label", "few nodes"),
    }
    assert report.bad_share == 0
    assert "of the edges join nodes of one class" in report.lines()[1]
    assert report.to_json()["facts"]["features"] == 6


def test_neighbours_that_disagree_are_reported(tmp_path):
    """Edges between classes alone are named before the first epoch."""
    report = check_data(config(write_graph(tmp_path, agree=0.1)))
    assert "neighbours disagree" in {p.kind for p in report.problems}


@pytest.mark.parametrize(
    ("text", "message"),
    [(",", "at least two"), (",a,", r"has the classes \['a'\]|classes \['a'\]")],
)
def test_too_few_classes(tmp_path, text, message):
    """A graph without two classes cannot be learned from."""
    folder = write_graph(tmp_path)
    file = folder / "nodes.csv"
    cells = file.read_text().replace(",b,", text if text != "," else ",,")
    file.write_text(cells.replace(",a,", ",,") if text == "," else cells)
    with pytest.raises(DataError, match=message):
        load_dataset(config(folder), seed=0)


@pytest.mark.nightly
def test_fit_chooses_by_validation(tmp_path, monkeypatch):
    """Where neighbours disagree the features alone are chosen, else the edges."""
    monkeypatch.setattr(trials, "EPOCHS", 60)
    quiet = Reporter(quiet=True)
    chosen = {}
    for agree in (0.95, 0.5):
        folder = write_graph(tmp_path / str(agree), count=400, agree=agree)
        chosen[agree] = plan(str(folder), reporter=quiet)
    models = {agree: p.recipe.model.name for agree, p in chosen.items()}
    assert models[0.95] in ("gcn", "dagnn", "appnp")
    assert models[0.5] == "node_perceptron"
    assert "neighbours disagree" in chosen[0.5].reasons[-1]
    few = write_graph(tmp_path / "few", count=6)
    with pytest.raises(DataError, match="at least 10"):
        plan(str(few), reporter=quiet)


def test_several_devices_are_refused(tmp_path):
    """One graph is not divided: the recipe says so."""
    from tests.domains.graphs.tiny import friends
    from tfapp import recipes
    from tfapp.recipes.checks import completed

    table = {**friends(tmp_path).table, "task": "node_classification", "name": "x"}
    recipe = recipes.build(table, where="test")
    mirrored = recipe.runtime.model_copy(update={"strategy": "mirrored"})
    with pytest.raises(ConfigError, match="one graph is not divided"):
        completed(recipe.model_copy(update={"runtime": mirrored}))
