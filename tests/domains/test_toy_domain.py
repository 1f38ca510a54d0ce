"""A domain is one folder and one name: everything else follows from its tables."""

import re
import sys

import pytest
from typer.exceptions import TyperException

import tfapp
from tfapp import domains, recipes
from tfapp.base.errors import ConfigError, DataError
from tfapp.base.registry import union
from tfapp.base.reporter import Reporter
from tfapp.cli import app
from tfapp.data.detection import detect
from tfapp.verbs import catalogue, check, doctor, fit

FILES = {
    "__init__.py": """
FORMS = "a .toy"
DATA = {"toys": "load:toys"}
SPLITS = {"toys": ("random", "time")}
CHECKS = {"toys": "load:check"}
TASKS = {"toy_counting": "counting:task"}
TASK_DATA = {"toy_counting": ("toys",)}
REQUIREMENTS = {"toy_counting": {"training.schedule": ("constant", "toys are few")}}
MODELS = {"toy_network": "counting:toy_network"}
MODEL_CHOICES = {"toy_network.colour": "counting:COLOURS"}
PLANS = {"toy_counting": "counting:plan"}
CATALOGUE = {"toys": "counting:rows", "models": "counting:rows"}
VERBS = {"wind_up": "counting:wind_up"}
COMMANDS = {"wind": "commands:wind", "toybox": "commands:box"}
EXAMINATIONS = {"toys": "counting:examine"}
""",
    "detect.py": """
from tfapp.data.detection import Detected

def detect(place, options):
    if place.endswith(".toy"):
        return Detected("toys", "toy_counting", "its name ends in .toy")
    return None
""",
    "load.py": """
from tfapp.data.report import CheckReport

def toys(context, *, size: int = 3):
    '''Toys of one size.'''

def check(context):
    counts = {"files": 9, "usable": 9, "unusable": 0}
    return CheckReport("box", "toys", counts, {})
""",
    "commands.py": """
import typer

box = typer.Typer(help="Toys in their box.")

def wind(turns: int, quiet: bool = False):
    '''Wind a toy up.'''
    from tfapp.domains.toy.counting import wind_up
    print(wind_up(turns))

@box.command()
def shut():
    '''Shut the box.'''

@box.command()
def count(most: int = 9):
    '''Count what is in it.'''
    print(most)
""",
    "counting.py": """
from tfapp.machine.doctor import Finding
from tfapp.recipes.plan import Plan

def wind_up(turns):
    '''Return what a toy that was wound up says.'''
    return "tick" * turns

def examine():
    return Finding("toys", 3, "ok", "")

COLOURS = ("red", "blue")

def task(*, upto: int = 10):
    '''Count toys.'''

def toy_network(info, *, colour: str = "red"):
    '''A network made of wood.'''

def plan(report, machine):
    table = {
        "data": {"options": {"size": report.usable}},
        "model": {"name": "toy_network"},
        "training": {"schedule": "constant"},
    }
    return Plan(table, (f"{machine.minutes:g} minutes are enough",))

def rows():
    return [{"name": "yo-yo", "summary": "A toy."}]
""",
}
RECIPE = {
    "task": "toy_counting",
    "data": {"path": "x", "kind": "toys"},
    "model": {"name": "toy_network"},
    "training": {"schedule": "constant"},
}


@pytest.fixture(autouse=True)
def _toy(tmp_path, monkeypatch):
    """Put the toy domain next to the others, and its name among theirs."""
    (tmp_path / "toy").mkdir()
    for name, text in FILES.items():
        (tmp_path / "toy" / name).write_text(text)
    monkeypatch.setattr(domains, "__path__", [*domains.__path__, str(tmp_path)])
    monkeypatch.setattr(domains, "DOMAINS", (*domains.DOMAINS, "toy"))
    yield
    for name in [n for n in sys.modules if n.startswith("tfapp.domains.toy")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("tasks", "toy_counting"),
        ("datasets", "toys"),
        ("models", "toy_network"),
        ("models", "yo-yo"),
        ("toys", "yo-yo"),
    ],
)
def test_it_is_listed(what, name):
    """`tfapp list` shows what it adds, and the list that only it has."""
    assert name in [row["name"] for row in catalogue.rows(what)]
    assert what in catalogue.names()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("task_options.up=3", "Unknown option `up` of task 'toy_counting'"),
        ("data.options.size=big", "Option `size` of kind of data 'toys'"),
        ("data.kind=images", "needs `data.kind` = 'toys'. Received: 'images'"),
        ("data.split.by=order", "`data.split.by` = 'random' or 'time'"),
        ("data.augmentation.spin=1", "Unknown key `data.augmentation.spin`"),
        ("model.options.colour=rde", "Unknown colour 'rde'. Did you mean 'red'?"),
        ("training.schedule=cosine", "= 'constant': toys are few. Received: 'cosine'"),
    ],
)
def test_its_recipes_are_checked(override, message):
    """Names, options, choices and requirements of a domain are those of its tables."""
    assert recipes.build(RECIPE, "here").data.options == {}
    table = recipes.override(RECIPE, *recipes.parse_override(override))
    with pytest.raises(ConfigError) as caught:
        recipes.build(table, "here")
    assert message in str(caught.value)


def test_its_verbs_are_those_of_tfapp(capsys):
    """Functions are the Python API's, commands the command line's; help shows both."""
    assert tfapp.wind_up(2) == "ticktick"
    assert "wind_up" in dir(tfapp)
    assert "wind_up" in tfapp.__all__
    for arguments, answer in (
        (["wind", "3"], "tickticktick\n"),
        (["toybox", "count", "--most=4"], "4\n"),
    ):
        app(arguments, standalone_mode=False)
        assert capsys.readouterr().out == answer
    app(["--help"], standalone_mode=False)
    shown = capsys.readouterr().out
    assert re.search(r"wind +Wind a toy up\.", shown)
    assert re.search(r"toybox +Toys in their box\.", shown)
    with pytest.raises(TyperException, match="No such command 'toy'"):
        app(["toy"], standalone_mode=False)


def test_doctor_examines_what_it_needs(monkeypatch):
    """A domain adds findings to those on the machine."""
    monkeypatch.setattr(doctor.doctor, "examine", list)
    assert "toys" in [finding.name for finding in doctor.examine()]


def test_its_data_is_recognised(monkeypatch):
    """`fit` and `check` leave it to the domain what the data is and what is done."""
    monkeypatch.setattr(fit, "start_tensorflow", lambda *_, **__: None)
    monkeypatch.setattr(check, "start_tensorflow", lambda *_, **__: None)
    assert check.check("box.toy", reporter=Reporter(quiet=True)).name == "box"
    made = fit.plan("box.toy", minutes=2, reporter=Reporter(quiet=True))
    assert (made.recipe.task, made.recipe.data.kind) == ("toy_counting", "toys")
    assert made.recipe.data.options == {"size": 9}
    assert made.reasons == (
        "task: toy_counting, because its name ends in .toy",
        "2 minutes are enough",
    )


def test_what_no_domain_recognises_is_refused(tmp_path):
    """The error names the forms of every domain."""
    with pytest.raises(DataError, match=r"Expected a folder .*; a \.toy\."):
        detect(str(tmp_path / "box.unknown"))


def test_an_empty_file_is_named(tmp_path):
    """Nothing is in it, so nothing is said about what it is not."""
    (tmp_path / "series.csv").touch()
    with pytest.raises(DataError, match=r"series\.csv' is an empty file\. Expected"):
        detect(str(tmp_path / "series.csv"))


def test_two_domains_cannot_use_one_name(monkeypatch):
    """A name means one thing."""
    import tfapp.domains.toy as toy

    monkeypatch.setattr(toy, "TASKS", {"image_classification": "counting:task"})
    with pytest.raises(ValueError, match=r"image_classification.* exist already"):
        union("TASKS")
