"""Images with numbers: what is read, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.base.reporter import Reporter
from tfapp.data import check_data, load_dataset, load_test_only
from tfapp.data.spec import Pass
from tfapp.domains.images.regression.preprocessor import NumberPreprocessor
from tfapp.recipes.config import DataConfig
from tfapp.verbs.fit import plan


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Return a function: header and cells of thirty photos to their `[data]`."""
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    for i in range(30):
        pixels = random.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i}.png")

    def make(header="age", cell=lambda i: f"{i}.5", **options):
        lines = [f"{i}.png;{cell(i)}" for i in range(30)]
        table = tmp_path / "table.csv"
        table.write_text("\n".join([f"path;{header}", *lines]))
        options = {"image_size": [8, 8], **options}
        return DataConfig(path=str(table), kind="image_numbers", options=options)

    return make


def test_targets_are_scaled_by_the_training_part(config):
    """Batches hold deviations from the training mean; a decimal comma is one."""
    dataset = load_dataset(config(cell=lambda i: f"{i},5"), seed=0)
    train = dataset.examples["train"]
    truth = np.array([float(e.target) for e in train])
    expected = (truth - truth.mean()) / truth.std()
    np.testing.assert_allclose(dataset.targets(train)[:, 0], expected, rtol=1e-5)
    (_, learned), *_ = dataset.batches(train, Pass())
    np.testing.assert_allclose(learned[:, 0], expected[: len(learned)], rtol=1e-5)
    described = dataset.preprocessor.describe()
    assert NumberPreprocessor.from_description(described) == dataset.preprocessor


def test_other_data_is_judged_in_the_units_of_the_model(config):
    """Columns in another order are found by name; the model's mean counts."""
    options = {"label_column": "a,b"}
    trained = load_dataset(
        config("a;b;label", lambda i: f"{i};{-i};x", **options), seed=0
    )
    tested = load_test_only(
        config("b;a;label", lambda i: f"{2 * i};{i};x", **options),
        trained.info.labels,
        preprocess=trained.preprocessor.describe(),
    )
    assert tested.scaling == trained.scaling
    assert tested.info.labels == ("a", "b")
    numbers = tested.scaling.unscaled(tested.targets(tested.examples["test"]))
    np.testing.assert_allclose(sorted(numbers[:, 0]), range(30), atol=1e-5)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (lambda i: "old" if i == 7 else i, "line 9: `age` is 'old'. Expected a number"),
        (lambda i: "inf" if i == 7 else i, "`age` is 'inf'. Expected a finite number"),
        (lambda i: "nan" if i == 7 else i, "`age` is 'nan'. Expected a finite number"),
        (lambda i: "1e99" if i == 7 else i, "Expected a finite number"),
        (lambda i: "" if i == 7 else i, "line 9: `age` is empty"),
        (lambda i: 3, "`age` is 3 for all"),
    ],
)
def test_numbers_that_cannot_be_learned(config, cell, message):
    """Text, infinite numbers, empty cells, and targets all equal are refused."""
    with pytest.raises(DataError, match=message):
        load_dataset(config(cell=cell), seed=0)


def test_columns_that_do_not_exist(config):
    """The message names what is missing, and what is there."""
    with pytest.raises(DataError, match=r"missing columns \['weight'\].*\['path', 'a"):
        load_dataset(config(label_column="weight"), seed=0)
    with pytest.raises(DataError, match=r"answers with \['weight'\]"):
        load_test_only(config(), ("weight",))
    folder = DataConfig(path=".", kind="image_numbers")
    with pytest.raises(DataError, match="is no CSV file"):
        load_dataset(folder, seed=0)


def test_check_refuses_what_training_would(config):
    """Targets all equal are in the report of a check."""
    assert check_data(config()).bad_share == 0
    problems = check_data(config(cell=lambda i: 3)).problems
    assert any(p.severity == "refused" and "`age` is 3" in p.detail for p in problems)


def test_fit_says_what_it_takes_the_column_for(config):
    """A table of photos and ages becomes a recipe for numbers."""
    planned = plan(config().path, reporter=Reporter(quiet=True))
    assert planned.recipe.task == "image_regression"
    reason = "task: image_regression, because its column `age` holds numbers"
    assert planned.reasons[0] == reason
