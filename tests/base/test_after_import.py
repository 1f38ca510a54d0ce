"""An action that waits for a package."""

import importlib
import sys

import pytest

from tfapp.base.after_import import after_import


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that can be imported and has not been."""
    (tmp_path / "waited_for").mkdir()
    (tmp_path / "waited_for" / "__init__.py").write_text("ready = True\n")
    (tmp_path / "waited_for" / "data.txt").write_text("hello")
    monkeypatch.syspath_prepend(tmp_path)
    yield "waited_for"
    sys.modules.pop("waited_for", None)


def test_it_happens_once_the_package_is_whole(package):
    """The package is imported as ever, and the action sees all of it, once."""
    seen, finders = [], list(sys.meta_path)
    after_import(package, lambda: seen.append(sys.modules[package].ready))
    assert seen == []
    module = importlib.import_module(package)
    assert seen == [True]
    assert list(sys.meta_path) == finders
    assert type(module.__spec__.loader).__name__ == "SourceFileLoader"
    assert module.__loader__ is module.__spec__.loader
    after_import(package, lambda: seen.append(2))
    assert seen == [True, 2]


def test_a_package_that_is_missing_stays_missing():
    """Its import fails as before, and is waited for again."""
    finders = list(sys.meta_path)
    after_import("not_there_at_all", lambda: pytest.fail("it is not there"))
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("not_there_at_all")
    sys.meta_path[:] = finders
