"""Describe a network: layers, shapes, weights, work, and how far each layer sees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp import recipes, runs
from tfapp.base import registry
from tfapp.base.errors import ConfigError, TfappError
from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import ModelConfig, Recipe
from tfapp.runs.models import saved_model_folder

if TYPE_CHECKING:
    from tfapp.data.spec import DataInfo
    from tfapp.report.blocks import Table
    from tfapp.report.network_table import LayerRow


@dataclass(frozen=True)
class Description:
    """What a network consists of.

    Args:
        name: of the network.
        inputs: name → shape of one example; None for an open size.
        rows: one per layer.
    """

    name: str
    inputs: Mapping[str, tuple[int | None, ...]]
    rows: "tuple[LayerRow, ...]"

    @property
    def table(self) -> "Table":
        """The rows with their sums, for a terminal or a page."""
        from tfapp.report.network_table import network_table

        return network_table(self.rows, f"Layers of {self.name}")

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready table."""
        from tfapp.report.network_table import totals

        return {
            "name": self.name,
            "inputs": {name: list(shape) for name, shape in self.inputs.items()},
            "layers": [row.to_json() for row in self.rows],
            **totals(self.rows),
        }


def describe(
    model: str,
    overrides: Sequence[str] = (),
    *,
    inputs: str = "",
    outputs: int = 0,
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> Description:
    """Describe a network layer by layer.

    Only of a run and of a .keras file weights are read; all others take no memory.

    Args:
        model: name of a network (`tfapp list models`), a recipe, a run, a SavedModel
            folder or a .keras file.
        overrides: texts such as "filters=[64,128]" for a network, or keys of a recipe.
        inputs: shape of one example, such as "32x32x3"; "" = as the recipe's data
            or the network's paper has it.
        outputs: number of classes or the like; 0 for the same.
        runs_folder: where runs lie.
        reporter: receives the progress; None for one on stderr.

    Raises:
        ConfigError: if there is no such model, or its shape is not known.
        TfappError: if it cannot be read or built.
    """
    reporter = reporter or Reporter()
    path, shape = Path(model).expanduser(), _shape(inputs)
    if path.suffix == ".keras":
        start_tensorflow(reporter)
        return _of_file(path)
    if (folder := saved_model_folder(path)) is not None:
        start_tensorflow(reporter)
        return _of_saved_model(folder)
    if model in registry.union("MODELS"):
        config = ModelConfig(name=model, options=_options(overrides))
        start_tensorflow(reporter)
        return _built(config, _info_of_name(model, shape, outputs))
    recipe = _recipe(model, overrides)
    if recipe is None:
        run = _run(model, Path(runs_folder))
        start_tensorflow(reporter)
        return _of_file(run.model_file)
    start_tensorflow(reporter)
    info = _info_of_recipe(recipe, shape, outputs, reporter)
    return _built(recipe.model, info)


def _shape(text: str) -> tuple[int, ...]:
    """Return the shape that a text such as "32x32x3" means."""
    parts = text.replace("×", "x").split("x") if text else []
    if not all(part.strip().isdigit() and int(part) for part in parts):
        raise ConfigError(
            "`inputs` must be sizes with x between, such as 32x32x3. "
            f"Received: {text!r}"
        )
    return tuple(map(int, parts))


def _options(overrides: Sequence[str]) -> dict[str, Any]:
    """Return the builder's options among overrides, with or without their table."""
    pairs = [recipes.parse_override(text) for text in overrides]
    return {key.removeprefix("model.options."): value for key, value in pairs}


def _info_of_name(name: str, shape: tuple[int, ...], outputs: int) -> "DataInfo":
    published = registry.union("MODEL_SHAPES").get(name)
    if published is None and not shape:
        raise ConfigError(
            f"Model {name!r} has no input size of its own. Name one, such as "
            "--input 32x32x3, or describe a recipe."
        )
    size, count = published or ((), 10)
    return shape_info(shape or size, outputs or count)


def shape_info(shape: tuple[int, ...], outputs: int) -> "DataInfo":
    """Return what a builder needs to know of data of a shape, each with one answer."""
    from tfapp.data.spec import DataInfo, InputSpec

    labels = tuple(map(str, range(outputs)))
    return DataInfo({"input": InputSpec(shape)}, (), outputs, labels)


def _recipe(model: str, overrides: Sequence[str]) -> Recipe | None:
    """Return a recipe by name or file, None where there is none of that name."""
    try:
        recipes.find(model)
    except TfappError:
        return None
    return recipes.load_recipe(model, overrides)


def _run(model: str, runs_folder: Path) -> runs.Run:
    try:
        return runs.find(model, runs_folder)
    except TfappError as error:
        raise ConfigError(
            f"Nothing to describe: {model!r} is no network (`tfapp list models`), no "
            f"recipe, no SavedModel folder, and no run. {error}"
        ) from None


def _info_of_recipe(
    recipe: Recipe, shape: tuple[int, ...], outputs: int, reporter: Reporter
) -> "DataInfo":
    if shape and outputs:
        return shape_info(shape, outputs)
    from tfapp.data import load_dataset

    with reporter.stage("check data", unit="files") as stage:
        info = load_dataset(recipe.data, seed=recipe.seed, progress=stage).info
    if shape or outputs:
        return shape_info(shape or info.only_input.shape, outputs or info.num_outputs)  # type: ignore[arg-type]
    return info


def _built(config: ModelConfig, info: "DataInfo", answer: bool = False) -> Description:
    """Describe what a builder makes of a shape; no memory is taken for weights.

    Args:
        config: of the network.
        info: shapes.
        answer: leave out what helps in training alone, such as auxiliary heads.
    """
    from tfapp.layers.outputs import logits_model
    from tfapp.tasks.build import construct
    from tfapp.tasks.outline import without_weights

    parameters = registry.signature(registry.union("MODELS")[config.name]).options
    if "weights" in parameters:  # no file is needed to know what is in it
        options = {**config.options, "weights": "none"}
        config = config.model_copy(update={"options": options})
    with without_weights():
        model = construct(config, info)
        return _described(logits_model(model) if answer else model)


def _of_file(path: Path) -> Description:
    from tfapp.export.keras_file import load_model

    return _described(load_model(path))


def _of_saved_model(folder: Path) -> Description:
    """Describe an export by its card, as far as its variables agree with that."""
    from tfapp.data.spec import read_info
    from tfapp.export import read_card

    stored, card = _of_foreign(folder), read_card(folder)
    model = card.get("recipe", {}).get("model", {})
    if "data" in card and model.get("name") in registry.union("MODELS"):
        built = _built(ModelConfig(**model), read_info(card["data"]), answer=True)
        # Pretrained weights may end before the network does.
        if built.to_json()["parameters"] == stored.to_json()["parameters"]:
            return built
    return stored


def _of_foreign(folder: Path) -> Description:
    """Describe a SavedModel that others made: it has variables and no layers."""
    import tensorflow as tf

    from tfapp.report.network_table import LayerRow

    loaded = tf.saved_model.load(folder)  # holds the variables, signatures do not
    function = loaded.signatures["serving_default"]
    specs = function.structured_input_signature[1]
    rows = []
    for variable in function.variables:
        name, count = variable.name.partition(":")[0], prod(variable.shape)
        shape = tuple(variable.shape)
        rows.append(LayerRow(name, "variable", shape, count, count, None))
    shapes = {name: tuple(spec.shape[1:]) for name, spec in specs.items()}
    return Description(folder.name, shapes, tuple(rows))


def _described(model: Any) -> Description:
    from tfapp.report.network_table import layer_rows

    shapes = {tensor.name: tuple(tensor.shape[1:]) for tensor in model.inputs}
    return Description(model.name, shapes, layer_rows(model))
