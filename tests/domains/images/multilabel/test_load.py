"""Images with tags: what is read, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import ConfigError, DataError
from tfapp.base.reporter import Reporter
from tfapp.data import check_data, load_dataset, load_test_only
from tfapp.data.spec import Pass
from tfapp.recipes.config import DataConfig
from tfapp.verbs.fit import plan

KINDS = ("ant", "field", "tree")


def some(i, separator=";"):
    """Return a cell: the tags of the three lowest bits of a number."""
    return separator.join(name for bit, name in enumerate(KINDS) if i >> bit & 1)


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Return a function: header and cells of thirty photos to their `[data]`."""
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    for i in range(30):
        pixels = random.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")

    def make(cell=some, header="tags", extra=(), **options):
        lines = [f'{i}.png,"{cell(i)}"' for i in range(30)]
        if "," in header:
            lines = [f"{i}.png,{cell(i)}" for i in range(30)]
        table = tmp_path / "table.csv"
        table.write_text("\n".join([f"path,{header}", *lines, *extra]))
        options = {"image_size": [8, 8], **options}
        return DataConfig(path=str(table), kind="image_tags", options=options)

    return make


@pytest.mark.parametrize("separator", [";", "|", ", "])
def test_tags_of_one_column(config, separator):
    """Targets are rows of 0 and 1; a photo without tags is an example of none."""
    dataset = load_dataset(config(lambda i: some(i, separator)), seed=0)
    assert dataset.info.labels == KINDS
    for split, examples in dataset.examples.items():
        numbers = [int(e.name.rpartition("/")[2][:-4]) for e in examples]
        expected = [[n >> bit & 1 for bit in range(3)] for n in numbers]
        np.testing.assert_array_equal(dataset.targets(examples), expected, split)
        assert {e.stratum for e in examples} == {""}
    assert any(not e.target for e in dataset.examples["train"])
    (_, learned), *_ = dataset.batches(dataset.examples["train"], Pass())
    assert set(np.unique(learned)) == {0.0, 1.0}


def test_a_column_for_each_tag(config):
    """Yes and no in many spellings; columns that the user names, others ignored."""
    words = {0: ("0", "no", "False", ""), 1: ("1", "yes", "TRUE", "Yes")}

    def cell(i):
        return ",".join(words[i >> bit & 1][i % 4] for bit in range(3)) + ",x"

    header = "Ant,field,TREE,note"
    options = {"label_column": "ant,field,tree"}
    dataset = load_dataset(config(cell, header, **options), seed=0)
    assert dataset.info.labels == ("Ant", "TREE", "field")
    whole = [e for split in dataset.examples.values() for e in split]
    written = [";".join(sorted(e.target.lower().split(";"))) for e in whole]
    assert sorted(written) == sorted(some(i) for i in range(30))


def test_other_data_is_read_with_the_tags_of_the_model(config):
    """Any separator and spelling; a tag that the model does not know is refused."""
    known = load_dataset(config(), seed=0).info.labels
    tested = load_test_only(config(lambda i: "Field|ANT"), known)
    assert {e.target for e in tested.examples["test"]} == {"ant;field"}
    assert tested.info.labels == known
    with pytest.raises(DataError, match=r"tags \['bee'\], which the model does not"):
        load_test_only(config(lambda i: "ant;bee" if i else "bee"), known)


def test_spellings_are_joined(config):
    """Tags that differ in case are one, and a note says which counts."""
    dataset = load_dataset(
        config(lambda i: some(i).replace("ant", "Ant", i == 1)), seed=0
    )
    assert dataset.info.labels == KINDS
    assert "tag 'Ant' is taken for 'ant'" in dataset.notes


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (lambda i: "", r"none of the \d+ images has a tag"),
        (lambda i: "ant" if i % 2 else "", r"single tag 'ant'\. Expected two or more"),
        (lambda i: "ant;field", r"all \d+ training images have all 2 tags"),
        (
            lambda i: "ant|a;b" if i % 2 else "ant",
            "not one line of text without ';'",
        ),
    ],
)
def test_tags_that_cannot_be_learned(config, cell, message):
    """Refused by the loading, and by the check where the table can be read."""
    options = {"separator": "|"} if "a;b" in cell(1) else {}
    with pytest.raises(DataError, match=message):
        load_dataset(config(cell, **options), seed=0)
    if not options:
        problems = check_data(config(cell)).problems
        assert any(p.severity == "refused" for p in problems)


def test_cells_and_columns_that_are_wrong(config):
    """The message names line and column, and the way out."""
    flags = "ant,field"
    with pytest.raises(DataError, match=r"line 9: `field` is 'maybe'\. Expected 1, tr"):
        load_dataset(config(lambda i: "1,maybe" if i == 7 else "1,0", flags), seed=0)
    with pytest.raises(DataError, match=r"missing columns \['bee'\]"):
        load_dataset(config(label_column="bee"), seed=0)
    with pytest.raises(ConfigError, match="separator` is blank"):
        load_dataset(config(separator=" "), seed=0)
    with pytest.raises(DataError, match=r"0.png is listed in line 2.*in one row"):
        load_dataset(config(extra=["0.png,tree"]), seed=0)


def test_tags_that_training_never_sees(config):
    """A split of the table that keeps a tag for the test is refused."""

    def cell(i):
        return f"{some(i) if i < 25 else 'bee'},{'train' if i < 25 else 'test'}"

    with pytest.raises(DataError, match=r"tags \['bee'\] occur in test but not in"):
        load_dataset(config(cell, "tags,split", label_column="tags"), seed=0)


def test_photos_that_are_missing(config):
    """Few are left out and reported; many are refused."""
    extra = [f"none{i}.png,ant" for i in range(2)]
    dataset = load_dataset(config(extra=extra), seed=0)
    assert sum(map(len, dataset.examples.values())) == 30
    with pytest.raises(DataError, match=r"20 of 50 files cannot be used"):
        load_dataset(config(extra=[f"none{i}.png,ant" for i in range(20)]), seed=0)


def test_check_counts_tags(config):
    """The report lists every tag, photos without any, and tags of a single photo."""
    report = check_data(config(lambda i: "field;bee" if i == 3 else some(i % 4)))
    assert report.per_class == {"ant": 14, "bee": 1, "field": 14}
    assert "30 images, 3 tags, 0 left out" in report.lines()[0]
    details = {p.kind: p.detail for p in report.problems}
    assert details["images without a tag"].startswith("8 of 30")
    assert "a single image has the tag" in details["few images of a tag"]


def test_fit_says_what_it_takes_the_columns_for(config):
    """A table with tags becomes a recipe for tags, of either form."""
    quiet = Reporter(quiet=True)
    planned = plan(config().path, reporter=quiet)
    assert planned.recipe.task == "image_multilabel"
    why = "its column `tags` holds tags with ';' between them"
    assert planned.reasons[0] == f"task: image_multilabel, because {why}"
    assert "30 usable images with 3 tags (ant, field, tree)" in planned.reasons[1]
    assert planned.recipe.data.options["separator"] == ";"
    assert planned.recipe.model.options["units"] == 256
    assert planned.recipe.training.epochs == 240
    flags = config(lambda i: f"{i % 2},{i % 3 % 2}", "ant,field")
    planned = plan(flags.path, reporter=quiet)
    assert planned.recipe.task == "image_multilabel"
    assert "separator" not in planned.recipe.data.options
