"""Turn the extractor of a finished run into a weight file for other recipes."""

import json
from pathlib import Path
from typing import Any

from tfapp import runs
from tfapp.base.errors import ConfigError, ExportError
from tfapp.base.files import replacing, write_text
from tfapp.base.reporter import Reporter
from tfapp.base.storage.checksums import read_sealed
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.domains.images.pretrained.weight_files import add_to_catalogue
from tfapp.domains.images.pretrained.weights_card import weights_card
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import Recipe
from tfapp.runs import Run

MOST_LOST = 0.005
"""Accuracy that rounding to float16 may cost at most."""


def bundle(
    run: str,
    to: Path | str,
    *,
    trained_on: str,
    licence: str = "",
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> Path:
    """Write a run's extractor as EXTRACTOR.f16.weights.h5, with a card.

    The file is read back and evaluated on the run's test split before it appears;
    a weights.toml next to it describes it, so that a recipe finds it once its
    folder is named by TFAPP_WEIGHTS.

    Args:
        run: NAME (its latest complete run), NAME/NUMBER, or the run's folder.
        to: folder of the file.
        trained_on: how recipes call the weights: `weights = "TRAINED_ON"`.
        licence: text for the card: what others may do with the weights.
        runs_folder: where runs lie.
        reporter: receives the progress; None for one on stderr.

    Returns:
        Path of the weight file.

    Raises:
        ConfigError: if the run has no extractor, or `trained_on` is no plain word.
        ExportError: if the rounded weights are worse than the run's by more than
            half a percent.
        TfappError: if the run did not finish or the folder cannot be written.
    """
    reporter = reporter or Reporter()
    finished_run = runs.find(run, Path(runs_folder))
    card, recipe = (
        finished_run.card(),
        finished_run.recipe(),
    )
    extractor, output = _extractor(finished_run, recipe)
    if not trained_on.isidentifier() or trained_on in ("none", "imagenet"):
        raise ConfigError(
            f"`trained_on` must be one word other than none and imagenet, for example "
            f"my_photos. Received: {trained_on!r}"
        )
    start_tensorflow(reporter, recipe.runtime)
    path = Path(to) / f"{extractor}.f16.weights.h5"
    with replacing(path) as temporary:
        model = _write(finished_run, extractor, output, temporary)
        figures = _evaluate(model, finished_run, recipe, reporter)
        _refuse_worse(finished_run, card["metrics"]["accuracy"], figures["accuracy"])
    entry = _entry(path, extractor, output, trained_on)
    facts = json.loads(read_sealed(finished_run.folder / "metrics.json"))
    text = weights_card(
        entry, path.stat().st_size, card | facts["run"], figures, licence
    )
    write_text(path.with_name(f"{extractor}.md"), text)
    add_to_catalogue(path.parent, entry)
    reporter.say(f"{path}: accuracy {figures['accuracy']:.4f} after rounding")
    return path


def _extractor(run: Run, recipe: Recipe) -> tuple[str, str]:
    """Return the extractor of a run, and the layer at which it was cut."""
    options = recipe.model.options
    name = options.get("extractor", "mobilenet_v2")
    if recipe.model.name != "transfer" or name not in EXTRACTORS:
        raise ConfigError(
            f"{run.folder} has no extractor: its model is {recipe.model.name!r}. "
            "Expected a run of the model 'transfer'."
        )
    return name, options.get("extractor_output", "")


def _write(run: Run, extractor: str, output: str, path: Path) -> Any:
    """Write the rounded weights; return the run's model with them read back."""
    from tfapp.domains.images.pretrained.bundle import backbone_of, write_rounded
    from tfapp.domains.images.pretrained.weights import load_backbone
    from tfapp.export.keras_file import load_model

    model = load_model(run.model_file)
    write_rounded(backbone_of(model, extractor, output), path)
    backbone = model.get_layer("extractor").get_layer("backbone")
    shape = tuple(backbone.input_shape[1:])
    read = load_backbone(extractor, shape, str(path), output)
    backbone.set_weights(read.get_weights())
    return model


def _evaluate(
    model: Any, run: Run, recipe: Recipe, reporter: Reporter
) -> dict[str, Any]:
    """Return the figures of a model on the test split of a run."""
    from tfapp.data import load_dataset
    from tfapp.data.spec import Pass
    from tfapp.problems.classification.calibration import softmax
    from tfapp.problems.classification.metrics import classification_metrics
    from tfapp.training.inference import predict

    with reporter.stage("check data", unit="files") as stage:
        dataset = load_dataset(
            recipe.data, seed=recipe.seed, split_file=run.split_file, progress=stage
        )
    with reporter.stage("evaluate the rounded weights") as stage:
        test_examples = dataset.examples["test"]
        logits = predict(
            model, dataset.batches(test_examples, Pass()), len(test_examples), stage
        )
    names = dataset.info.labels
    labels = dataset.targets(test_examples)
    figures = classification_metrics(labels, softmax(logits), names)
    return {**figures, "classes": len(names)} | {
        split: len(examples) for split, examples in dataset.examples.items()
    }


def _refuse_worse(run: Run, before: float, after: float) -> None:
    if after < before - MOST_LOST:
        raise ExportError(
            f"The weights of {run.folder} in float16 have an accuracy of {after:.4f}, "
            f"the run has {before:.4f}. Expected a loss of at most {MOST_LOST}; keep "
            "the run's model.keras instead."
        )


def _entry(path: Path, extractor: str, output: str, trained_on: str) -> Any:
    from tfapp.domains.images.pretrained.weight_files import Entry, check_hash

    return Entry(
        file=path.name,
        extractor=extractor,
        output=output,
        trained_on=trained_on,
        sha256=check_hash(path, ""),
    )
