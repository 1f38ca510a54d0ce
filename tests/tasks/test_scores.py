"""Tests of tfapp.tasks.scores."""

import csv

from tfapp.data.spec import Example
from tfapp.tasks.scores import example_keys, score_table, write_scores


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
