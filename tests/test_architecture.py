"""The imports that the architecture allows; a new one is a decision."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tfapp"
KERNEL = {"base", "machine", "recipes", "data", "layers", "tasks"}
ALLOWED = {
    "base": set(),
    "machine": {"base", "recipes"},
    "recipes": {"base"},
    "data": {"base", "machine", "recipes", "domains"},
    "layers": {"base"},
    "tasks": {"base", "recipes", "data", "domains", "report", "comparison"},
    "report": KERNEL | {"domains"},
    "comparison": KERNEL | {"report", "problems", "domains"},
    "problems": KERNEL | {"report", "comparison", "domains"},
    "training": KERNEL | {"domains"},
    "export": KERNEL | {"domains"},
    "domains": KERNEL
    | {"report", "comparison", "problems", "training", "export", "runs", "verbs"},
    "runs": KERNEL | {"report", "training", "export", "domains", "problems"},
    "serving": {"base"},
}
NO_TENSORFLOW = ["base", "recipes", "cli", "layers"]


def imports(path):
    """Yield the dotted names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(part):
    """Return the files of a part of the package."""
    return [
        f
        for f in [PACKAGE / f"{part}.py", *(PACKAGE / part).rglob("*.py")]
        if f.exists()
    ]


def parts(part):
    """Return what a part imports from tfapp: "config", "data.spec", ..."""
    names = {n for f in files(part) for n in imports(f) if n.startswith("tfapp.")}
    known = {p.name for p in PACKAGE.iterdir() if p.is_dir()}
    found = set()
    for name in names:
        first, *rest = name.split(".")[1:]
        if first in known and first != part:
            found.add(first)
    return found


@pytest.mark.parametrize("part", ALLOWED)
def test_imports_only_what_the_layering_allows(part):
    """A part imports itself and the parts listed for it, nothing else."""
    assert files(part)
    assert parts(part) <= ALLOWED[part]


@pytest.mark.parametrize("part", NO_TENSORFLOW)
def test_no_tensorflow_where_it_does_not_belong(part):
    """Models and layers run on any Keras backend; the command line starts fast."""
    found = {n.split(".")[0] for f in files(part) for n in imports(f)}
    assert "tensorflow" not in found


def test_nothing_imports_the_command_line():
    """Only the entry point knows the command line; verbs serve notebooks too."""
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "cli" and path.name != "__main__.py":
            assert not {n for n in imports(path) if n.startswith("tfapp.cli")}, path


@pytest.mark.parametrize(
    "statement", ["import tfapp", "import tfapp.cli, tfapp.recipes"]
)
def test_start_imports_nothing_heavy(statement):
    """Help, lists and recipe errors come before TensorFlow, NumPy and the like."""
    code = (
        f"{statement}; import sys; "
        "print([m for m in 'tensorflow keras numpy sklearn matplotlib scipy'.split()"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_files_and_functions_stay_short():
    """No file above 250 lines, no function above 60, its docstring not counted."""
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 250, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                docstring = ast.get_docstring(node, clean=False) or ""
                length = node.end_lineno - node.lineno - docstring.count("\n")
                assert length < 60, f"{path}: {node.name}"
