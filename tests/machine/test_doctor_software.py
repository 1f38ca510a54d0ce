"""Python, packages and the backend."""

from importlib import metadata

import pytest
from packaging.requirements import Requirement

from tfapp.machine import doctor_software


def test_an_old_python_is_a_problem():
    """The advice names the oldest version that works."""
    assert doctor_software.examine_python((3, 11, 0)).status == "ok"
    finding = doctor_software.examine_python((3, 10, 9))
    assert finding.status == "problem"
    assert finding.value.startswith("3.10.9")
    assert finding.advice == "Use Python 3.11 or newer."


@pytest.mark.parametrize(
    ("version", "value", "status"),
    [
        ("3.15.0", "3.15.0", "ok"),
        ("3.16.0", "3.16.0, expected <3.16,>=3.15", "problem"),
        ("3.14.9", "3.14.9, expected <3.16,>=3.15", "problem"),
    ],
)
def test_versions_are_compared_with_the_range(version, value, status):
    """The lower bound is in the range, the upper bound is not."""
    requirement = Requirement("keras>=3.15,<3.16")
    finding = doctor_software.examine_package(requirement, find=lambda name: version)
    assert (finding.value, finding.status) == (value, status)


def test_a_missing_package_comes_with_its_command():
    """The advice can be pasted into a shell."""

    def find(name):
        raise metadata.PackageNotFoundError(name)

    finding = doctor_software.examine_package(Requirement("scipy>=1.15,<2"), find=find)
    assert (finding.value, finding.status) == ("not installed", "problem")
    assert finding.advice == 'pip install "scipy<2,>=1.15"'


def test_a_source_tree_is_read_where_nothing_is_installed(monkeypatch):
    """pyproject.toml says what the installed package would."""
    installed = {
        each.name for each in doctor_software.requirements() if not each.marker
    }

    def requires(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    names = {each.name for each in doctor_software.requirements()}
    assert {name.lower().replace("_", "-") for name in names} == {
        name.lower().replace("_", "-") for name in installed
    }


def test_another_backend_is_a_problem(monkeypatch, tmp_path):
    """The variable wins over the file; the finding names what decided."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert doctor_software.examine_backend().status == "ok"
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    finding = doctor_software.examine_backend()
    assert finding.status == "problem"
    assert finding.value == f"torch, set by {tmp_path / 'keras.json'}"
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert doctor_software.examine_backend().status == "ok"


def test_a_broken_keras_file_is_no_crash(monkeypatch, tmp_path):
    """Keras ignores it, so the examination goes on."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    for content in ("{", "[]", "{}"):
        (tmp_path / "keras.json").write_text(content)
        assert doctor_software.examine_backend().value == "tensorflow"
