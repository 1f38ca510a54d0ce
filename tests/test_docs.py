"""Documents that say what is there, and nothing that is not."""

import re
from pathlib import Path

import pytest

from tfapp import functions, recipes
from tfapp.base.registry import union
from tfapp.cli import app
from tfapp.recipes import reference

ROOT = Path(__file__).parents[1]
DOCS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*")),
]
MARKDOWN = [path for path in DOCS if path.suffix == ".md"]


def read(name):
    """Return a document's text."""
    return (ROOT / name).read_text(encoding="utf-8")


def verbs():
    """Return the verbs of the command line."""
    commands = {c.name or c.callback.__name__ for c in app.registered_commands}
    groups = {group.name for group in app.registered_groups}
    return commands | groups | union("COMMANDS").keys()


def test_recipe_reference_is_what_the_config_models_say():
    """docs/recipes.md is written by `python -m tfapp.recipes.reference`."""
    assert read("docs/recipes.md") == reference.reference()


def test_every_verb_model_dataset_and_task_is_documented():
    """Whatever a user may name is explained somewhere."""
    readme, reference = read("README.md"), read("docs/recipes.md")
    for verb in verbs():
        assert f"`tfapp {verb}" in readme, verb
    for name in [*union("MODELS"), *union("DATA"), *union("TASKS")]:
        assert f"`{name}`" in reference, name
    for name in functions():
        assert not (ROOT / "tfapp" / name).is_dir(), f"{name} is a package too"
        assert f"tfapp.{name}" in readme + read("docs/architecture.md"), name


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda p: p.name)
def test_links_lead_somewhere(path):
    """Every relative link names a file that exists."""
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in target:
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda p: p.name)
def test_commands_in_documents_exist(path):
    """Each `tfapp VERB` is a verb, each `tfapp run NAME` a recipe."""
    text = path.read_text(encoding="utf-8")
    for verb in re.findall(r"`tfapp ([a-z]+)", text):
        assert verb in verbs(), verb
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for verb in re.findall(r"(?:^|\n)\s*tfapp ([a-z]+)", block):
            assert verb in verbs(), verb
        for recipe in re.findall(r"tfapp run ([a-z0-9_/]+)", block):
            assert recipes.find(recipe).is_file(), recipe
    for script in re.findall(r"(?:scripts|benchmarks)/[a-z_]+(?:\.py)?", text):
        assert (ROOT / script).exists(), script


def test_readme_is_short():
    """A newcomer reads it to the end."""
    assert len(read("README.md").splitlines()) <= 140
