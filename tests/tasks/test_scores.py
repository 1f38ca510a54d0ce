"""Tests of tfapp.tasks.scores."""

import csv

from tfapp.data.spec import Example
from tfapp.problems.classification.results import accuracy_metric
from tfapp.tasks.results import PrimaryMetric, Results
from tfapp.tasks.scores import example_keys, score_table, worst_first, write_scores


def test_keys_are_of_the_content_and_copies_stay_apart():
    """Wherever a file lies its key is the same; two equal files are two examples."""
    examples = [
        Example("here/a.png", content_hash="a1", target="cat"),
        Example("there/b.png", content_hash="a1", target="cat"),
        Example("c.png", content_hash="a1", target="dog"),
    ]
    assert list(example_keys(examples)) == ["a1 cat 0", "a1 cat 1", "a1 dog 0"]


def test_a_table_is_written_as_csv(tmp_path):
    """Commas, quotes and bytes that are no text survive; nothing else is left."""
    examples = [
        Example('a,"1".jpg', content_hash="x", target="é"),
        Example("kaf\\udce9", target="b"),
    ]
    table = score_table(examples, [1 / 3, 1e-9], ["note"], [["p"], [""]])
    write_scores(tmp_path / "new" / "scores.csv", table)
    with (tmp_path / "new" / "scores.csv").open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert first == {
        "key": "x é 0",
        "name": 'a,"1".jpg',
        "score": "0.333333333",
        "note": "p",
    }
    assert (second["name"], second["score"]) == ("kaf\\udce9", "1e-09")
    names = {p.name for p in (tmp_path / "new").iterdir()}
    assert names == {"scores.csv", "checksums.json"}


def test_the_worst_come_first():
    """Wrong answers by their loss; errors by their size, with none left out."""
    examples = [Example(f"{name}.png", content_hash=name) for name in "abc"]
    losses = [["0.1"], ["2.5"], ["10.0"]]
    error = PrimaryMetric("error", "Error", "error", better="lower")
    found = {}
    for metric, scores in ((accuracy_metric("photos"), [1, 0, 0]), (error, [2, 1, 3])):
        table = score_table(examples, scores, ["loss"], losses)
        results = Results(
            metric=metric, figures={}, calibration={}, scores=table, headline=()
        )
        found[metric.key] = "".join(row[1][0] for row in worst_first(results).rows)
    assert found == {"accuracy": "cb", "error": "cab"}
