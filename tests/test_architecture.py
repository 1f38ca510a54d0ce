"""The rules of the architecture; what still breaks them is in architecture.toml.

Each list of that file may only shrink: an entry that no longer breaks its rule fails
too. `python tests/test_architecture.py` takes such entries out.
"""

import ast
import builtins
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from tfapp import domains
from tfapp.base import registry

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "tfapp"
EXCEPTIONS = Path(__file__).with_name("architecture.toml")

LOW = {"base", "machine", "recipes", "data", "layers", "tasks"}
ALLOWED = {
    "base": set(),
    "recipes": {"base"},
    "machine": {"base", "recipes"},
    "layers": {"base"},
    "data": {"base", "machine", "recipes"},
    "tasks": {"base", "recipes", "data", "layers", "report", "export"},
    "report": LOW,
    "comparison": LOW | {"report"},
    "export": LOW,
    "problems": LOW | {"report", "export"},
    "training": LOW,
    "domains": LOW | {"report", "comparison", "export", "problems", "training"},
    "serving": {"base"},
}
ALLOWED["runs"] = ALLOWED["domains"] | {"domains"}
ALLOWED["tuning"] = ALLOWED["runs"] | {"runs"}
ALLOWED["verbs"] = ALLOWED["tuning"] - {"domains"} | {"tuning", "serving"}
ALLOWED["cli"] = ALLOWED["verbs"] | {"verbs"}
IN_A_DOMAIN = {"verbs": "verbs", "commands": "cli"}
"""Parts of a domain that lie as high as these parts of the kernel."""

KERNEL = ALLOWED.keys() - {"domains", "runs", "verbs", "cli", "serving"}
BETWEEN_DOMAINS = {"images/captioning": "text"}
"""Folder of a domain → the other domain that its files, and no others, may import."""

WORDS = "image pixel photo mask tile token audio waveform episode voxel".split()
FIGURES = {"accuracy", "iou", "dice", "pixel_error"}
MOST_FILES = 15
TABLES = {"FORMS", "DATA", "TASKS", "TASK_DATA", "MODELS"}
FURTHER_TABLES = {
    "AUGMENTATIONS",
    "CATALOGUE",
    "CHECKS",
    "COLUMNS",
    "COMMANDS",
    "CONVERTERS",
    "EXAMINATIONS",
    "EXPLAINED",
    "EXPLANATIONS",
    "INTERFACES",
    "MODEL_CHOICES",
    "MODEL_SHAPES",
    "NETWORK_SECTIONS",
    "PLANS",
    "PREVIEWS",
    "REQUIREMENTS",
    "SPLITS",
    "VERBS",
}
NO_TENSORFLOW = ["base", "recipes", "cli", "layers"]


@cache
def tree(path):
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def files(part=""):
    """Return the files of the package, or of a part of it."""
    return sorted((PACKAGE / part).rglob("*.py"))


def name(path):
    """Return a file's place in the package."""
    return path.relative_to(PACKAGE).as_posix()


def imports(path):
    """Yield the dotted names that a file imports, inside functions too."""
    yield from dotted(tree(path))


def module_file(dotted):
    """Return the file of a dotted name of the package, None for anything else."""
    while dotted.startswith("tfapp."):
        place = PACKAGE.joinpath(*dotted.split(".")[1:])
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                return path
        dotted = dotted.rpartition(".")[0]
    return None


def level(path):
    """Return the part of the package with which a file lies: its own, as a rule."""
    part, *rest = path.relative_to(PACKAGE).with_suffix("").parts
    return IN_A_DOMAIN.get(rest[1], part) if part == "domains" and rest[1:] else part


def forbidden_imports():
    """Yield imports that the layers forbid, and those from domain to domain."""
    for path in (path for path in files() if level(path) in ALLOWED):
        part, own = name(path).split("/")[0], level(path)
        allowed = ALLOWED[own] | {part, own}
        for target in filter(None, map(module_file, imports(path))):
            first, *rest = target.relative_to(PACKAGE).parts
            if not {first, level(target)} & ALLOWED.keys() <= allowed:
                yield f"{name(path)} → {name(target)}"
            if first == part == "domains" and len(rest) > 1:
                _, home, *folders = name(path).split("/")
                folder = "/".join((home, *folders[:1]))
                if rest[0] not in (home, BETWEEN_DOMAINS.get(folder)):
                    yield f"{name(path)} → {first}/{rest[0]}"


def texts(path):
    """Yield the identifiers and the texts of a file, without its comments.

    `tile` of an array library repeats an array and is no word of a domain.
    """
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and node.attr == "tile":
            continue
        for _, value in ast.iter_fields(node):
            if isinstance(value, str):
                yield value


def words(text):
    """Return the words of an identifier or a text, in small letters."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text)
    return {part.lower() for part in parts}


def kernel_words():
    """Yield words of single domains in the kernel."""
    known = {form: word for word in WORDS for form in (word, f"{word}s")}
    for part in sorted(KERNEL):
        for path in files(part) if (PACKAGE / part).is_dir() else ():
            for word in {w for text in texts(path) for w in words(text)} & known.keys():
                yield f"{name(path)}: {known[word]}"


def names_of_tasks():
    """Yield names of tasks outside the domains, and comparisons with other names."""
    tasks = set(registry.union("TASKS"))
    compared = set(registry.union("DATA")) | FIGURES
    for path in files():
        if name(path).startswith(("domains/", "serving/", "problems/")):
            continue
        for node in ast.walk(tree(path)):
            constants = [node] if isinstance(node, ast.Constant) else []
            chosen = tasks
            if isinstance(node, ast.Compare):
                constants, chosen = [node.left, *node.comparators], compared
            for constant in constants:
                value = getattr(constant, "value", None)
                if isinstance(value, str) and value in chosen:
                    yield f"{name(path)}: {value}"


def equal_names():
    """Yield classes of the kernel that share their name with another one."""
    homes = defaultdict(set)
    for part in KERNEL:
        for path in files(part) if (PACKAGE / part).is_dir() else ():
            for node in tree(path).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    homes[node.name].add(name(path))
    yield from (found for found, places in homes.items() if len(places) > 1)


def circles():
    """Yield the files that import each other, directly or through others."""
    graph = {
        path: set(filter(None, map(module_file, imports(path)))) for path in files()
    }
    reached = {}
    for start in graph:
        seen, waiting = set(), list(graph[start])
        while waiting:
            path = waiting.pop()
            if path not in seen:
                seen.add(path)
                waiting += graph.get(path, ())
        reached[start] = seen
    yield from (name(path) for path in graph if path in reached[path])


def full_folders():
    """Yield folders of too many Python files."""
    counts = Counter(path.parent for path in files())
    yield from (name(f) for f, count in counts.items() if count > MOST_FILES)


def used_names():
    """Return how often each word occurs as code or as the target of a table."""
    counts = Counter()
    outside = [*ROOT.glob("benchmarks/**/*.py")]
    for path in [*files(), *outside]:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Name):
                counts[node.id] += 1
            elif isinstance(node, ast.Attribute):
                counts[node.attr] += 1
            elif isinstance(node, ast.ImportFrom | ast.Import):
                counts.update(a.name for a in node.names if path.name != "__init__.py")
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                _, colon, target = node.value.partition(":")
                counts[target if colon and target.isidentifier() else node.value] += 1
    return counts


def unused_names():
    """Yield public functions, classes and constants that nothing uses."""
    counts = used_names()
    for path in files():
        for node in tree(path).body:
            own = 0 if hasattr(node, "name") else 1  # an assignment is a use of its own
            is_command = level(path) == "cli" and getattr(node, "decorator_list", [])
            for public in set() if is_command else defined_by(node):
                read_by_name = public in TABLES | FURTHER_TABLES
                if not (public.startswith("_") or read_by_name or counts[public] > own):
                    yield f"{name(path)}: {public}"


RULES = {
    "imports": forbidden_imports,
    "words": kernel_words,
    "names": names_of_tasks,
    "equal_names": equal_names,
    "circles": circles,
    "folders": full_folders,
    "unused": unused_names,
}


@pytest.mark.parametrize("rule", RULES)
def test_rules(rule):
    """Nothing breaks a rule but the exceptions, and those all break it still."""
    known = set(tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8"))[rule])
    found = set(RULES[rule]())
    assert sorted(found - known) == []
    assert sorted(known - found) == [], f"take them out: python {Path(__file__).name}"


@pytest.mark.parametrize("domain", domains.DOMAINS)
def test_doors(domain):
    """A domain imports nothing at its door, and its tables name what exists."""
    package = importlib.import_module(f"tfapp.domains.{domain}")
    assert not list(imports(Path(package.__file__)))
    tables = {k: v for k, v in vars(package).items() if k.isupper()}
    assert tables.keys() >= TABLES
    assert tables.keys() <= TABLES | FURTHER_TABLES
    registry.signature(f"tfapp.domains.{domain}.detect:detect")
    for table in tables:
        for target in registry.union(table).values() if table not in OPEN else ():
            module, _, attribute = target.partition(":")
            source = Path(importlib.util.find_spec(module).origin)
            assert attribute in set().union(*map(defined_by, tree(source).body)), target


OPEN = {"COLUMNS", "FORMS", "MODEL_SHAPES", "TASK_DATA", "REQUIREMENTS", "SPLITS"}
"""Tables of something else than "module:function"."""


def defined_by(node):
    """Return the names that a statement defines."""
    if hasattr(node, "name"):
        return {node.name}
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return {target.id for target in targets if isinstance(target, ast.Name)}


def test_tables_agree():
    """Every kind of data is checked; every task has data."""
    keys = {
        table: set(registry.union(table))
        for table in FURTHER_TABLES | TABLES - OPEN
        if table not in ("CATALOGUE", "COLUMNS")
    }
    assert keys["CHECKS"] == keys["DATA"]
    assert keys["AUGMENTATIONS"] <= keys["DATA"]
    tasks = registry.union("TASK_DATA")
    assert tasks.keys() == keys["TASKS"]
    assert keys["PREVIEWS"] <= keys["DATA"]
    assert {kind for kinds in tasks.values() for kind in kinds} == keys["DATA"]
    named = keys["PLANS"] | keys["REQUIREMENTS"] | keys["INTERFACES"]
    assert named <= keys["TASKS"]
    assert registry.union("MODEL_SHAPES").keys() <= keys["MODELS"]
    assert {key.partition(".")[0] for key in keys["MODEL_CHOICES"]} <= keys["MODELS"]


@pytest.mark.parametrize("part", NO_TENSORFLOW)
def test_no_tensorflow_where_it_does_not_belong(part):
    """Models and layers run on any Keras backend; the command line starts fast."""
    found = {n.split(".")[0] for f in files(part) for n in imports(f)}
    assert "tensorflow" not in found


def needs(path, node=None):
    """Return the files that importing a file, or what a node imports, executes."""
    seen, waiting = set(), [path] if node is None else _imported(node)
    while waiting:
        found = waiting.pop()
        if found not in seen:
            seen.add(found)
            waiting += [f for n in tree(found).body for f in _imported(n)]
    return seen


def _imported(node):
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return []
    module = ast.Module([node], [])
    return [f for name in dotted(module) if (f := module_file(name))]


def dotted(node):
    """Yield the dotted names that the imports in a node name."""
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom) and part.module:
            yield from (f"{part.module}.{alias.name}" for alias in part.names)


def starts(path):
    """Yield what a file executes before it calls `start_tensorflow`."""
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.FunctionDef):
            continue
        calls = [n.lineno for n in ast.walk(node) if _starts_tensorflow(n)]
        for part in ast.walk(node):
            if calls and getattr(part, "lineno", calls[0]) < calls[0]:
                yield from needs(path, part) if _imported(part) else ()
    yield from needs(path)


def _starts_tensorflow(node):
    function = getattr(node, "func", None)
    return isinstance(node, ast.Call) and "start_tensorflow" == getattr(
        function, "id", ""
    )


def test_verbs_start_tensorflow_before_they_import_it():
    """Else its notices reach the terminal, and wrong paths wait for it."""
    for path in (path for path in files() if level(path) == "verbs"):
        for executed in set(starts(path)):
            names = {n for node in tree(executed).body for n in _top_names(node)}
            assert not names & {"tensorflow", "keras"}, (path, executed)


@pytest.mark.parametrize(
    "part", ["classification", "segmentation", "style/adain", "style/fast"]
)
def test_saved_models_of_images_need_no_keras(part):
    """Their interface is all that answering imports: Keras costs seconds and memory."""
    path = PACKAGE / "domains" / "images" / part / "interface.py"
    for executed in needs(path):
        names = {n for node in tree(executed).body for n in _top_names(node)}
        assert "keras" not in names, executed


def _top_names(node):
    is_import = isinstance(node, ast.Import | ast.ImportFrom)
    return {n.split(".")[0] for n in dotted(node)} if is_import else set()


def test_nothing_imports_the_command_line():
    """Only commands and the entry point know it; verbs serve notebooks too."""
    for path in files():
        if level(path) != "cli" and path.name != "__main__.py":
            assert not {n for n in imports(path) if n.startswith("tfapp.cli")}, path


@pytest.mark.parametrize("table", ["DATA", "MODELS", "TASKS"])
def test_types_of_options_can_be_read(table):
    """A name in an option's type is built in, or imported by its file by `from`."""
    for name, target in registry.union(table).items():
        for key, option in registry.signature(target).options.items():
            nodes = ast.walk(ast.parse(option.annotation))
            names = {node.id for node in nodes if isinstance(node, ast.Name)}
            usable = {*dir(builtins), *registry.TYPES, *option.imported}
            assert names <= usable, f"{name}.{key}"


SETTINGS = "from tfapp.base.registry import load_target as load, union; " + (
    "[load(target) for target in union('AUGMENTATIONS').values()]"
)


@pytest.mark.parametrize(
    "statement", ["import tfapp", "import tfapp.cli, tfapp.recipes", SETTINGS]
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
    for path in files():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 250, path
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef):
                docstring = ast.get_docstring(node, clean=False) or ""
                length = node.end_lineno - node.lineno - docstring.count("\n")
                assert length < 60, f"{path}: {node.name}"


def shrink():
    """Take entries out of the exceptions that no longer break their rule."""
    import tomli_w

    known = tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8"))
    kept = {rule: sorted(set(known[rule]) & set(RULES[rule]())) for rule in RULES}
    EXCEPTIONS.write_text(tomli_w.dumps(kept), encoding="utf-8")


if __name__ == "__main__":
    shrink()
