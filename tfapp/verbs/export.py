"""Write a run's network as a file for telephones and other runtimes."""

from pathlib import Path

from tfapp import runs
from tfapp.base.errors import ModelError, UnknownNameError
from tfapp.base.files import require_writable_file
from tfapp.base.reporter import Reporter
from tfapp.export.files import FORMATS
from tfapp.machine.start import start_tensorflow

OF_CARD = ("name", "run", "task", "class_names", "preprocess", "calibration", "metrics")
"""What goes with the file; `recipe` names the options of the task."""


def export(
    run: str,
    form: str,
    to: Path | str = "",
    *,
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> Path:
    """Write the network of a finished run as a LiteRT or ONNX file.

    The file holds what lies between preprocessing and calibration; both, the labels,
    and how far its answers are from those of the Keras model are in FILE.json next to
    it. `tfapp predict FILE` uses both.

    Args:
        run: NAME (its latest complete run), NAME/NUMBER, or the run's folder.
        form: "litert" or "onnx".
        to: the file; "" for model.tflite or model.onnx in the run's folder.
        runs_folder: where runs lie.
        reporter: receives the progress; None for one on stderr.

    Returns:
        The file.

    Raises:
        ConfigError: if packages are missing that the format needs.
        ExportError: if the network cannot be written so, or answers differently.
        TfappError: if there is no such run, or the file cannot be written.
    """
    reporter = reporter or Reporter()
    if form not in FORMATS:
        raise UnknownNameError("format", form, FORMATS)
    finished_run = runs.find(run, Path(runs_folder))
    if not finished_run.model_file.is_file():
        raise ModelError(f"{finished_run.folder} has no model.keras to export.")
    path = (
        Path(to).expanduser() if to else finished_run.folder / f"model{FORMATS[form]}"
    )
    if path.suffix != FORMATS[form]:
        raise ModelError(f"--to {str(path)!r}: a {form} file ends in {FORMATS[form]}.")
    card = finished_run.card()
    require_writable_file(path)
    start_tensorflow(reporter)
    from tfapp.export.files.writing import require_format, write_file
    from tfapp.export.keras_file import load_model
    from tfapp.layers.outputs import logits_model

    require_format(form)
    with reporter.stage("load model"):
        model = logits_model(load_model(finished_run.model_file))
    about = {key: card[key] for key in OF_CARD if key in card}
    options = card.get("recipe", {}).get("task_options", {})
    about["recipe"] = {"task_options": options}
    with reporter.stage(f"write and check {path.name}"):
        written = write_file(model, form, path, about)
    difference = written["file"]["max_difference"]
    reporter.say(f"largest difference from the Keras model: {difference:.2g}")
    return path
