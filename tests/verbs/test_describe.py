"""Networks, recipes, runs and SavedModels, described layer by layer."""

import pytest
from typer.testing import CliRunner

from tfapp.base.errors import ConfigError
from tfapp.base.reporter import Reporter
from tfapp.cli import app
from tfapp.verbs.describe import describe

LECTURE = [
    *("filters=[64,128]", "kernel_size=[5,3]", 'padding="same"'),
    *("units=[]", "dropout_rate=0.0"),
]


def counted(*arguments, **options):
    """Return the parameters and the products of a described model."""
    table = describe(*arguments, reporter=Reporter(quiet=True), **options).to_json()
    return table["parameters"], table["multiply_adds"]


def test_question_of_the_lecture_by_name():
    """The network of the lecture has 160,650 parameters, about 10^5."""
    parameters, work = counted("small_cnn", LECTURE, inputs="32x32x3", outputs=10)
    assert parameters == 160_650
    assert work == 32 * 32 * 4800 + 16 * 16 * 73_728 + 81_920


def test_published_networks_need_no_shape():
    """AlexNet is described at 227x227x3 and 1,000 classes; 724 million products."""
    convolutions = 55**2 * 34_848 + 27**2 * 307_200 + 13**2 * 1_990_656
    dense = 9216 * 4096 + 4096 * 4096 + 4096 * 1000
    assert counted("alexnet") == (60_965_224, convolutions + dense)


def test_recipe_with_a_shape_reads_no_data():
    """With input and outputs named, a recipe's data need not be here."""
    options = {"inputs": "28x28x1", "outputs": 10}
    assert counted("mnist/cnn_7x7x32", **options)[0] == 28_938
    changed = ["model.options.filters=[16,16]"]
    assert counted("mnist/cnn_7x7x32", changed, **options)[0] < 28_938


def test_recipe_of_data_that_is_here():
    """Without a shape the recipe's own data are asked."""
    description = describe("digits", reporter=Reporter(quiet=True))
    assert len(description.rows) > 3
    assert description.rows[-1].output == (10,)


def test_run_and_export_have_the_same_layers(workspace):
    """A run and its SavedModel are described by their cards alike."""
    run = counted("digits", runs_folder=workspace[0] / "runs")
    folder = workspace[0] / "runs" / "digits" / "1"
    for path in (
        folder,
        workspace[0] / "saved_models" / "digits",
        folder / "model.keras",
    ):
        assert counted(str(path)) == run


def test_savedmodel_of_others(tmp_path):
    """A SavedModel without card is a list of its variables."""
    import keras

    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2, name="last")(inputs))
    model.export(tmp_path / "1", verbose=False)
    assert counted(str(tmp_path)) == (8, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("small_cnn",), r"no input size of its own.*--input 32x32x3"),
        (("nothing_like_it",), r"Nothing to describe: 'nothing_like_it' is no network"),
        (("alexnet", ["depth=3"]), r"Unknown option `depth` of model 'alexnet'"),
    ],
)
def test_what_cannot_be_described(arguments, message, tmp_path):
    """One line says what is missing."""
    with pytest.raises(ConfigError, match=message):
        counted(*arguments, runs_folder=tmp_path)


@pytest.mark.parametrize("text", ["32x", "axb", "0x3"])
def test_shapes_that_are_none(text):
    """Sizes are positive numbers with x between."""
    with pytest.raises(ConfigError, match=r"sizes with x between.*Received"):
        counted("alexnet", inputs=text)


def test_command_prints_a_table():
    """The terminal shows a row per layer and the sums."""
    result = CliRunner().invoke(app, ["describe", "lenet5", "-q"])
    assert result.exit_code == 0
    assert "lenet5, input 32×32×1" in result.stdout
    (line,) = [line for line in result.stdout.splitlines() if "C3 " in line]
    assert "1,516" in line
    assert "150,000" in line
