"""Tests of tfapp.report.run_sections."""

from pathlib import Path

from tfapp.problems.classification.examples import labelled
from tfapp.report.blocks import Details, Items, Paragraph, Table
from tfapp.report.run_sections import (
    RunFacts,
    data_section,
    reproducibility_section,
    run_headline,
)


def test_headline_tells_what_is_known():
    """Time is the sum of the stages; places and commands can be copied."""
    facts = RunFacts(
        "n",
        1,
        saved_model="saved_models/n/1",
        predict_command="tfapp predict n a.jpg",
        seconds={"a": 60.0, "b": 30.0},
        device="CPU",
        peak_memory_bytes=2_000_000_000,
    )
    time, model, predict = run_headline(facts)
    assert time.value == "1\u00a0min 30\u00a0s"
    assert time.detail == "CPU; 2.0\u00a0GB of memory at most"
    assert (model.value, model.code) == ("saved_models/n/1", True)
    assert predict.value == "tfapp predict n a.jpg"


def test_headline_leaves_out_what_is_unknown():
    """A run without facts has no empty boxes."""
    assert run_headline(RunFacts("n", 1)) == ()


def test_data_section_counts_classes_by_split():
    """Splits without examples have no column; sums are right."""
    train = [labelled(str(i), "ab"[i > 1]) for i in range(5)]
    examples = {"train": train, "validation": (), "test": [labelled("x", "b")]}
    section = data_section(examples, ["a", "b"], ["1 file left out"], "photos")
    table, notes = section.blocks
    assert isinstance(table, Table)
    assert table.header == ("Class", "Train", "Test", "Total")
    assert table.rows == (
        ("a", "2", "0", "2"),
        ("b", "3", "1", "4"),
        ("All classes", "5", "1", "6"),
    )
    assert notes == Items((("", "1 file left out"),))
    assert section.lead == "6\u00a0photos of 2\u00a0classes."


def test_data_without_classes_is_counted_by_split():
    """Labels that are no classes, such as hashes of masks, make no rows."""
    examples = {"train": [labelled("a", "f3"), labelled("b", "9c")], "test": ()}
    for labels, lead in (["cell"], "2 images of 1 class."), ((), "2 images."):
        section = data_section(examples, labels, (), "images")
        assert section.blocks[0].rows == (("Train", "2"), ("All", "2"))
        assert section.lead.replace("\u00a0", " ") == lead


def test_many_lines_open_on_demand():
    """A long list of findings does not bury the page."""
    section = data_section(
        {"train": [labelled("x", "a")]}, ["a"], ["line"] * 40, "photos"
    )
    details = section.blocks[1]
    assert isinstance(details, Details)
    assert "40 lines" in details.summary
    assert details.text.count("line") == 40


def test_reproducibility_holds_recipe_versions_and_stages():
    """Everything known is there, what is empty is not."""
    facts = RunFacts(
        "n",
        1,
        seed=7,
        fingerprint="abc",
        versions={"keras": "3.15"},
        seconds={"a": 2.0},
        recipe={"path": Path("x"), "name": "é"},
    )
    section = reproducibility_section(facts)
    table, stages, recipe = section.blocks
    assert table.rows == (
        ("Seed", "7"),
        ("Data fingerprint", "abc"),
        ("keras version", "3.15"),
    )
    assert stages.rows == (("a", "2.0\u00a0s", "100.0\u00a0%"),)
    assert '"name": "é"' in recipe.text


def test_waiting_for_data_stands_beside_the_seconds_of_its_stage():
    """Stages that do not train have no share; what it means is told once."""
    facts = RunFacts(
        "n",
        1,
        seconds={"extract": 30.0, "phase head": 10.0},
        waiting={"phase head": 0.25},
    )
    _, stages, explained, _ = reproducibility_section(facts).blocks
    assert stages.header[-1] == "Waiting for data"
    assert stages.rows == (
        ("extract", "30.0\u00a0s", "75.0\u00a0%", ""),
        ("phase head", "10.0\u00a0s", "25.0\u00a0%", "25.0\u00a0%"),
    )
    assert isinstance(explained, Paragraph)
    assert "the network stood idle" in explained.text
