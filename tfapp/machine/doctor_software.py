"""Python, the packages and the Keras backend; imports none of them."""

import platform
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from tfapp.machine.backend import named_backend
from tfapp.machine.doctor_finding import Finding

OLDEST_PYTHON = (3, 11)
TENSORFLOWS = (
    "tensorflow",
    "tensorflow-cpu",
    "tensorflow-intel",
    "tensorflow-macos",
    "tf-nightly",
)
"""Distributions that all write the folder `tensorflow`."""


def examine_software() -> list[Finding]:
    """Return findings on Python, every package that tfapp needs, and the backend."""
    packages = [examine_package(each) for each in requirements() if _applies(each)]
    return [examine_python(), *packages, *_rivals(), examine_backend()]


def examine_python(version: tuple[int, int, int] = sys.version_info[:3]) -> Finding:
    """Compare the interpreter's version with the oldest one supported."""
    value = f"{'.'.join(map(str, version))}, {platform.platform()}"
    if version >= OLDEST_PYTHON:
        return Finding("Python", value)
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return Finding("Python", value, "problem", f"Use Python {oldest} or newer.")


def requirements() -> list[Requirement]:
    """Return what tfapp declares to need, sorted by name; extras carry a marker."""
    try:
        lines = metadata.requires("tfapp") or []
    except metadata.PackageNotFoundError:  # run from a source tree
        pyproject = Path(__file__).parents[2] / "pyproject.toml"
        lines = tomllib.loads(pyproject.read_text("utf-8"))["project"]["dependencies"]
    return sorted(map(Requirement, lines), key=lambda each: each.name.lower())


def examine_package(
    requirement: Requirement, find: Callable[[str], str] = metadata.version
) -> Finding:
    """Compare an installed version with the range that tfapp needs.

    Args:
        requirement: name and range.
        find: returns the version of a distribution, or raises PackageNotFoundError.
    """
    advice = f'pip install "{requirement.name}{requirement.specifier}"'
    try:
        version = find(requirement.name)
    except metadata.PackageNotFoundError:
        return Finding(requirement.name, "not installed", "problem", advice)
    if requirement.specifier.contains(version, prereleases=True):
        return Finding(requirement.name, version)
    value = f"{version}, expected {requirement.specifier}"
    return Finding(requirement.name, value, "problem", advice)


def examine_backend() -> Finding:
    """Tell which backend Keras will use, from its variable or its file."""
    named, source = named_backend()
    if named == "tensorflow":
        return Finding("Keras backend", "tensorflow")
    advice = "tfapp trains and exports with TensorFlow: set KERAS_BACKEND=tensorflow."
    return Finding("Keras backend", f"{named}, set by {source}", "problem", advice)


def _applies(requirement: Requirement) -> bool:
    """Leave out the extras: whoever installed one got its range from pip."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _rivals() -> Iterator[Finding]:
    """Find distributions that overwrite one another's files."""
    installed = [d.name.lower() for d in metadata.distributions() if d.name]
    rivals = sorted(set(TENSORFLOWS) & set(installed))
    if len(rivals) > 1:
        advice = f"pip uninstall {' '.join(rivals)}; then install tfapp again."
        value = f"{' and '.join(rivals)} write the same folder"
        yield Finding("TensorFlow packages", value, "problem", advice)
