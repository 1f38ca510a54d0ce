"""Sheets that show to a person why a run's model answers as it does."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.base import registry
from tfapp.base.cache_dir import default_cache_dir
from tfapp.base.errors import ConfigError, ModelError, TfappError, UnknownNameError
from tfapp.base.reporter import Reporter
from tfapp.data import load_dataset
from tfapp.data.spec import Dataset
from tfapp.domains.images.explanation import OF_CAPSULES, OF_PIXELS, WORKS
from tfapp.domains.images.explanation.explained import (
    FOLDER,
    SECOND,
    Explanations,
    sheet_names,
)
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES
from tfapp.export.inputs import find_files
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import Recipe
from tfapp.runs import Run

if TYPE_CHECKING:
    from tfapp.domains.images.explanation.spec import Explainer, Subject


def explain_pictures(
    run: Run,
    inputs: Sequence[str],
    *,
    methods: Sequence[str],
    label: str,
    folder: Path,
    reporter: Reporter,
) -> Explanations:
    """Show what in a picture decides, and which training pictures are alike.

    Args:
        run: a complete one.
        inputs: image files, folders (searched through), or glob patterns.
        methods: some of the `EXPLANATIONS` of `tfapp.domains.images`; () for all that
            the model and its data allow.
        label: another class or tag whose maps to show next to the predicted one's: its
            name, "second" (the second likeliest) or "folder" (the name of the folder).
        folder: of the sheets.
        reporter: receives the progress.

    Returns:
        One row per picture, with its maps; a file that cannot be read has an error.

    Raises:
        TfappError: if there is no such model, class or input, or if a method that was
            named cannot explain the model.
    """
    card = run.card()
    names = tuple(card["class_names"])
    for name in methods:
        registry.find("method", registry.union("EXPLANATIONS"), name)
    paths = find_files(inputs, IMAGE_SUFFIXES)
    _check_label(label, names, paths)
    recipe = run.recipe()
    start_tensorflow(reporter)
    from tfapp.training.devices import numerics

    with numerics(recipe.runtime, recipe.seed):
        subject = _subject(run, recipe, card, reporter)
        explainers, notes = _explainers(subject, methods)
        make = registry.load("task", WORKS, recipe.task)
        work = make(subject, explainers, card["preprocess"], label)
        rows = work.explain(paths, sheet_names(folder, paths))
    kinds = {name: explainer.facts for name, explainer in explainers.items()}
    result = Explanations(run.folder, folder, names, kinds, rows, notes)
    result.write()
    return result


def _check_label(label: str, names: Sequence[str], paths: Sequence[Path]) -> None:
    """Refuse a class that the model does not know, before anything is loaded."""
    if label == FOLDER and FOLDER not in names:
        for path in paths:
            if path.absolute().parent.name not in names:
                raise ConfigError(
                    f"--label folder: {path} lies in a folder that is not named after "
                    f"a class. Expected one of {list(names)}."
                )
    elif label and label not in (*names, SECOND):
        raise UnknownNameError("class", label, [*names, SECOND, FOLDER])


def _subject(run: Run, recipe: Recipe, card: Any, reporter: Reporter) -> "Subject":
    from tfapp.domains.images.explanation.spec import Subject
    from tfapp.export.keras_file import load_model

    def dataset() -> Dataset:
        with reporter.stage("check data", unit="files") as stage:
            return load_dataset(
                recipe.data,
                seed=recipe.seed,
                split_file=run.split_file,
                progress=stage,
            )

    with reporter.stage("load model"):
        model = load_model(run.model_file)
    return Subject(
        model,
        tuple(card["class_names"]),
        dataset,
        default_cache_dir() / "features",
        reporter,
        card["calibration"].get("temperature", 1.0),
        tuple(card["calibration"].get("thresholds", ())),
    )


def _explainers(
    subject: "Subject", methods: Sequence[str]
) -> tuple[dict[str, "Explainer"], tuple[str, ...]]:
    """Make the explainers; those that nobody named may be left out, with a line."""
    from tfapp.domains.images.capsules.explanation.parts import has_capsules

    kinds = registry.union("EXPLANATIONS")
    explainers, notes = {}, []
    of_pixels = len(subject.model.outputs[0].shape) == 4
    if of_pixels and (wrong := [name for name in methods if name not in OF_PIXELS]):
        raise ModelError(
            f"Method {wrong[0]!r} explains answers for whole images, and this model "
            f"answers for every pixel. Expected one of {list(OF_PIXELS)}."
        )
    left_out: tuple[str, ...] = () if has_capsules(subject.model) else OF_CAPSULES
    left_out += tuple(set(kinds) - set(OF_PIXELS)) if of_pixels else OF_PIXELS
    for name in kinds:
        if (methods and name not in methods) or (not methods and name in left_out):
            continue
        try:
            explainers[name] = registry.load("method", kinds, name)(subject)
        except TfappError as error:
            if methods:
                raise
            notes.append(f"{name} left out: {error}")
            subject.reporter.say(notes[-1])
    return explainers, tuple(notes)
