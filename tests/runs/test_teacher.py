"""The teacher that a recipe names."""

import json
import shutil

import pytest

from tfapp import recipes
from tfapp.base.errors import ConfigError, ModelError
from tfapp.base.reporter import Reporter
from tfapp.base.storage.checksums import write_sealed_json
from tfapp.data import load_dataset
from tfapp.recipes.config import Recipe
from tfapp.runs import Run
from tfapp.runs.teacher import load_teacher
from tfapp.tasks import get_task
from tfapp.verbs.run import run


@pytest.fixture
def student(workspace, tmp_path):
    """Return a function: name of a teacher to the teacher, for a run beside it."""
    folder = tmp_path / "runs"
    shutil.copytree(workspace[0] / "runs", folder)

    def load(teacher, size=8, *overrides):
        text = [f"task_options.distill.teacher={teacher}", *overrides]
        recipe = recipes.load_recipe("digits", text)
        data = recipe.data.model_copy(
            update={"options": {"image_size": [size, size], "channels": 1}}
        )
        task = get_task(recipe.task, recipe.task_options)
        student = Run(folder / "small" / "1")
        dataset = load_dataset(data, seed=0)
        return load_teacher(task.distill, recipe.task, student, dataset)

    load.runs = folder
    return load


@pytest.mark.nightly
@pytest.mark.parametrize("form", ["digits", "digits/1", "{}/digits/1/model.keras"])
def test_finds_a_run_by_name_or_file(form, student):
    """A teacher is a run, by name, number, folder or its model's file."""
    teacher = student(form.format(student.runs))
    assert teacher.input_shape == (None, 8, 8, 1)
    assert teacher.output_shape == (None, 10)
    assert not teacher.trainable_variables


def test_enlarges_for_a_teacher_of_other_pixels(student):
    """The student's images are brought to the teacher's size."""
    assert student("digits", 16).input_shape == (None, 16, 16, 1)


def test_refuses_a_teacher_that_is_not_there(student):
    """A missing run, and a run without its model."""
    with pytest.raises(ConfigError, match="No run 'nobody' below"):
        student("nobody")
    (student.runs / "digits" / "1" / "model.keras").unlink()
    with pytest.raises(ModelError, match="No Keras model at"):
        student("digits")


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("key", "value", "what"),
    [("class_names", ["cat", "dog"], "classes"), ("task", "tagging", "task")],
)
def test_refuses_a_teacher_of_something_else(key, value, what, student):
    """Its answers must be about the same classes."""
    path = student.runs / "digits" / "1" / "tfapp.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    write_sealed_json(path, card | {key: value})
    with pytest.raises(ConfigError, match=f"has other {what} than this run"):
        student("digits")


def test_refuses_fine_tuning_beside_a_teacher():
    """Stored features and a teacher's answers to images do not go together."""
    with pytest.raises(ValueError, match="Leave one of the two out"):
        Recipe.model_validate(
            {
                "task": "image_classification",
                "model": {"name": "small_cnn"},
                "data": {"path": "digits"},
                "task_options": {"distill": {"teacher": "t"}},
                "fine_tune": {},
            }
        )


@pytest.mark.nightly
def test_a_whole_run_with_a_teacher(student, tmp_path, quick):
    """The run's recipe, report and history are those of any other run."""
    result = run(
        "digits",
        [*quick, "task_options.distill={teacher='digits',temperature=2.0,passes=2}"],
        runs_folder=student.runs,
        saved_models=tmp_path / "saved_models",
        reporter=Reporter(quiet=True),
    )
    assert result.report.is_file()
    assert "[task_options.distill]" in (result.folder / "recipe.toml").read_text()
